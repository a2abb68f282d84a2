import ArgumentParser

/// `plsctl context use`
struct ContextUseCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "use", abstract: "Select the current context.",
    discussion: """
      EXAMPLES
        plsctl context use prod
      """)

  @Argument(help: "The name of the context.", completion: ContextCompletion.completion) var name: String

  func execute(on console: Console) async throws -> ExitStatus {
    var (store, file) = try ContextStore.read(on: console)
    let context = try file.context(name)
    file.current = name
    try store.save(file)
    console.print(TerminalText.line("\(name): \(context)"))
    return .done
  }
}
