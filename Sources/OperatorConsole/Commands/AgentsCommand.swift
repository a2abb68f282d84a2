import ArgumentParser

/// `plsctl agents …`
struct AgentsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agents", abstract: "List, enroll and revoke agents.",
    discussion: """
      EXAMPLES
        plsctl agents list -l env=prod,alive=true
        plsctl agents enroll --label env=prod
        plsctl agents rotate web-1 --grace 10m
      """,
    subcommands: [
      AgentsListCommand.self, AgentsShowCommand.self, AgentsEnrollCommand.self, AgentsRotateCommand.self,
      AgentsRevokeCommand.self, AgentsRemoveCommand.self, AgentsLabelCommand.self,
      AgentsEnrollTokenCommand.self,
      AgentsEnrollmentsCommand.self, AgentsEnrollRevokeCommand.self,
    ])
}
