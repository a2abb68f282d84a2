import ArgumentParser

/// `plsctl commands …`
struct CommandsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "commands", abstract: "List, show, cancel and wait for commands.",
    discussion: """
      A command is named by its id or a prefix of it (4 characters or more).

      EXAMPLES
        plsctl commands list --agent web-1
        plsctl commands wait 7c1f
      """,
    subcommands: [
      CommandsListCommand.self, CommandsShowCommand.self, CommandsCancelCommand.self,
      CommandsWaitCommand.self,
    ])
}
