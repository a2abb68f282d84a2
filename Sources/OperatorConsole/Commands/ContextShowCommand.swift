import ArgumentParser
import JSON

/// `plsctl context show`
struct ContextShowCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a context without its token. (default: the current one)",
    discussion: """
      EXAMPLES
        plsctl context show
        plsctl context show prod -o json
      """)

  @OptionGroup var options: ConsoleOptions
  @Argument(help: "The name of the context.", completion: ContextNames.completion) var name: String?

  func execute(on console: Console) async throws -> ExitStatus {
    let choice = try ContextChoice(named: name ?? options.context, environment: console.environment)
    if let warning = choice.warning { console.note(warning) }
    let isCurrent = try ContextStore.read(on: console).file.current == choice.name
    let json = choice.context.json(name: choice.name ?? "(environment)", isCurrent: isCurrent)
    try Output(console: console, format: options.output).show(json) {
      var facts = Facts(console.palette())
      facts.add("context", choice.name ?? "from the environment")
      facts.add("url", choice.context.url)
      facts.add("operator", choice.context.operatorName)
      facts.add("token", "not shown")
      facts.add("ca_file", choice.context.caFile)
      facts.add("tls_first", choice.context.tlsFirst.map { "\($0)" })
      facts.add("server_names", choice.context.serverNames?.joined(separator: ", "))
      facts.add("discover", choice.context.discover.map { "\($0)" })
      return facts.lines
    }
    return .done
  }
}
