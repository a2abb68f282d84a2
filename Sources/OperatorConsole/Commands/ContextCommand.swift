import ArgumentParser

/// `plsctl context …`
struct ContextCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "context", abstract: "The platforms that plsctl knows, and which one it uses.",
    discussion: """
      They stand in $PLSCTL_CONFIG, else $XDG_CONFIG_HOME/plusclouds/contexts.yaml, else
      ~/.config/plusclouds/contexts.yaml. PLSCTL_URL, PLSCTL_OPERATOR, PLSCTL_TOKEN and PLSCTL_CA_FILE override the
      current one.

      EXAMPLES
        plsctl context add prod --url tls://nats.example.com --operator alice
        plsctl context use prod
      """,
    subcommands: [
      ContextListCommand.self, ContextUseCommand.self, ContextAddCommand.self, ContextRemoveCommand.self,
      ContextShowCommand.self,
    ])
}
