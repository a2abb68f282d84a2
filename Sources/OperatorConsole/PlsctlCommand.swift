public import ArgumentParser
import PlatformAPI

/// `plsctl`: the operator's command line.
public struct PlsctlCommand: AsyncParsableCommand {
  /// Name, help and subcommands.
  public static let configuration = CommandConfiguration(
    commandName: "plsctl",
    abstract: "See and command a fleet.",
    discussion: """
      An agent is named by its uuid, the beginning of one (4 characters or more), or its host name.

      EXAMPLES
        plsctl agents list --selector env=prod
        plsctl system info web-1
        plsctl exec web-1 -- /usr/bin/uptime
        plsctl telemetry watch web-1 web-2
        plsctl run -l env=prod --canary 1 --batch 10 services.restart name=nginx

      EXIT CODES
        0 done, 1 the command failed on the agent, 2 usage, 3 not found,
        4 refused, 5 not in time, 6 run: agents left out, 69 server or platform not reachable,
        77 credentials or role refused, 78 configuration, 130 interrupted.
        exec exits with the remote program's code.

      COMPLETIONS
        plsctl --generate-completion-script bash|zsh|fish
      """,
    version: PlatformVersion.current,
    subcommands: [
      StatusCommand.self, AgentsCommand.self, SystemCommand.self, ServicesCommand.self, ExecCommand.self,
      UpdateCommand.self, RebootCommand.self, ShutdownCommand.self, LogsCommand.self, TelemetryCommand.self,
      EventsCommand.self, CommandsCommand.self, RunCommand.self, OperatorsCommand.self, AuditCommand.self,
      ContextCommand.self, VersionCommand.self,
    ])

  /// For the parser.
  public init() {}
}
