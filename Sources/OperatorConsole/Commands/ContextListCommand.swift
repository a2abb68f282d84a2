import ArgumentParser
import JSON

/// `plsctl context list`
struct ContextListCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the contexts; * marks the current one.",
    discussion: """
      EXAMPLES
        plsctl context list
      """,
    aliases: ["ls"])

  @OptionGroup var options: ConsoleOptions

  func execute(on console: Console) async throws -> ExitStatus {
    let file = try ContextStore.read(on: console).file
    let contexts = file.contexts.sorted { $0.key < $1.key }
    let output = Output(console: console, format: options.output)
    let json = contexts.map { $0.value.json(name: $0.key, isCurrent: $0.key == file.current) }
    try output.show(.array(json)) {
      if contexts.isEmpty { return ["none: plsctl context add"] }
      var table = Table([
        .init(""), .init("NAME", isKey: true), .init("OPERATOR"), .init("URL", .cut(20), isKey: true),
      ])
      for (name, context) in contexts {
        table.add(
          .init(name == file.current ? "*" : ""), .init(name), .init(context.operatorName), .init(context.url)
        )
      }
      return output.lines(of: table)
    }
    return .done
  }
}
