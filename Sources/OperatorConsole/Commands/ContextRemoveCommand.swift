import ArgumentParser

/// `plsctl context remove`
struct ContextRemoveCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Remove a context.",
    discussion: """
      EXAMPLES
        plsctl context remove old
      """)

  @Argument(help: "The name of the context.", completion: ContextCompletion.completion) var name: String

  func execute(on console: Console) async throws -> ExitStatus {
    var (store, file) = try ContextStore.read(on: console)
    _ = try file.context(name)
    file.contexts[name] = nil
    let wasCurrent = file.current == name
    if wasCurrent { file.current = nil }
    try store.save(file)
    console.print("\(name) is removed" + (wasCurrent ? "; select another one with plsctl context use" : ""))
    return .done
  }
}
