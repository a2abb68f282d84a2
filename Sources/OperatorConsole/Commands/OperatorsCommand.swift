import ArgumentParser

/// `plsctl operators …`
struct OperatorsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "operators", abstract: "List, add and remove operators.",
    discussion: """
      EXAMPLES
        plsctl operators add alice --role operator
        plsctl operators list
      """,
    subcommands: [OperatorsAddCommand.self, OperatorsListCommand.self, OperatorsRemoveCommand.self])
}
