import ArgumentParser
import PlatformAPI
import PlatformCore

@main struct PlatformCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plusclouds-platform",
    abstract: "The platform's side of the agents: authenticates them, keeps their state, delivers commands.",
    discussion: """
      On a developer's machine, one command:
        plusclouds-platform dev
      On a server or a cluster:
        plusclouds-platform init platform --host nats.example.com --tls-cert … --tls-key …
        nats-server -c platform/nats-server.conf
        plusclouds-platform check --config platform/platform.yaml
        plusclouds-platform operator add alice --role admin --config platform/platform.yaml
        plusclouds-platform serve --config platform/platform.yaml

      Exit codes: 0 fine, 64 wrong usage, 69 no connection, 73 a file is there already, 77 refused by the server,
      78 unusable configuration.
      """,
    version: PlatformVersion.current,
    subcommands: [
      DevelopCommand.self, ServeCommand.self, InitCommand.self, CheckCommand.self, OperatorCommand.self,
    ])
}
