import ArgumentParser

/// `plsctl operators …`
struct OperatorsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "operators", abstract: "Who may see and command the fleet.",
    discussion: """
      EXAMPLES
        plsctl operators add alice --role operator
        plsctl operators list
      """,
    subcommands: [OperatorsAddCommand.self, OperatorsListCommand.self, OperatorsRemoveCommand.self])
}
