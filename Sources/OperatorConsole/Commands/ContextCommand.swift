import ArgumentParser

/// `plsctl context …`
struct ContextCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "context", abstract: "Manage the connection settings of platforms.",
    discussion: """
      Contexts are stored in $PLSCTL_CONFIG, otherwise $XDG_CONFIG_HOME/plusclouds/contexts.yaml, otherwise
      ~/.config/plusclouds/contexts.yaml. PLSCTL_URL, PLSCTL_OPERATOR, PLSCTL_TOKEN and PLSCTL_CA_FILE override the
      current context.

      EXAMPLES
        plsctl context add prod --url tls://nats.example.com --operator alice
        plsctl context use prod
      """,
    subcommands: [
      ContextListCommand.self, ContextUseCommand.self, ContextAddCommand.self, ContextRemoveCommand.self,
      ContextShowCommand.self,
    ])
}
