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
  @Argument(help: "The name of the context.", completion: ContextCompletion.completion) var name: String?

  func execute(on console: Console) async throws -> ExitStatus {
    let choice = try ContextChoice(named: name ?? options.context, environment: console.environment)
    if let warning = choice.warning { console.report(warning) }
    let isCurrent = try ContextStore.read(on: console).file.current == choice.name
    let json = choice.context.json(name: choice.name ?? "(environment)", isCurrent: isCurrent)
    try Output(console: console, format: options.output).show(json) {
      var rows = KeyValueTable(console.palette())
      rows.add("context", choice.name ?? "from the environment")
      rows.add("url", choice.context.url)
      rows.add("operator", choice.context.operatorName)
      rows.add("token", "not shown")
      rows.add("ca_file", choice.context.caFile)
      rows.add("tls_first", choice.context.tlsFirst.map { "\($0)" })
      rows.add("server_names", choice.context.serverNames?.joined(separator: ", "))
      rows.add("discover", choice.context.discover.map { "\($0)" })
      return rows.lines
    }
    return .done
  }
}
