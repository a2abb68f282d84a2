public import ArgumentParser
import PlatformAPI

/// The root command `plsctl`.
public struct PlsctlCommand: AsyncParsableCommand {
  /// The name, the help text and the subcommands.
  public static let configuration = CommandConfiguration(
    commandName: "plsctl",
    abstract: "Inspect and control a fleet of agents.",
    discussion: """
      An agent is named by its uuid, a prefix of it (4 characters or more), or its host name.

      EXAMPLES
        plsctl agents list --selector env=prod
        plsctl system info web-1
        plsctl exec web-1 -- /usr/bin/uptime
        plsctl telemetry watch web-1 web-2
        plsctl run -l env=prod --canary 1 --batch 10 services.restart name=nginx

      EXIT CODES
        0 completed, 1 the command failed on the agent, 2 usage, 3 not found,
        4 refused, 5 timed out, 6 run: agents left out, 69 server or platform not reachable,
        77 credentials or role refused, 78 configuration, 130 interrupted.
        exec exits with the remote program's code.

      COMPLETIONS
        plsctl --generate-completion-script bash|zsh|fish
      """,
    version: PlatformVersion.current,
    subcommands: [
      Status.self, Agents.self, System.self, Services.self, Exec.self,
      Machine.Update.self, Machine.Reboot.self, Machine.Shutdown.self, Logs.self, Telemetry.self,
      Events.self, Commands.self, Run.self, Operators.self, Audit.self,
      Context.self, Version.self,
    ])

  /// Creates an instance for the parser.
  public init() {}
}
