import ArgumentParser
import JSON

/// Subcommands that act on the whole machine: `plsctl update`, `plsctl reboot`, `plsctl shutdown`.
enum Machine {}

extension Machine {
  /// `plsctl update`
  struct Update: OperationCommand {
    static let configuration = CommandConfiguration(
      commandName: "update", abstract: "Upgrade the packages of a machine.",
      discussion: """
        Waits for up to 35 minutes.

        EXAMPLES
          plsctl update web-1
          plsctl update web-1 --no-wait
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

    func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission {
      var submission = ConsoleSession.Submission(agent, "system.update")
      submission.timeout = DurationArgument(seconds: 35 * 60)
      return submission
    }
  }

  /// `plsctl reboot`
  struct Reboot: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "reboot", abstract: "Reboot a machine.",
      discussion: """
        EXAMPLES
          plsctl reboot web-1
          plsctl reboot web-1 --yes
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      let target = try await session.resolve(agent, hostname: .always, isReported: yes)
      try session.confirm("reboot agent \(target)", isAgreed: yes)
      return try await session.execute(.init(target, "vm.reboot"), delivery)
    }
  }

  /// `plsctl shutdown`
  struct Shutdown: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "shutdown", abstract: "Power off a machine.",
      discussion: """
        EXAMPLES
          plsctl shutdown web-1
          plsctl shutdown web-1 --yes
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var delivery: DeliveryOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      let target = try await session.resolve(agent, hostname: .always, isReported: yes)
      try session.confirm("shut down agent \(target)", isAgreed: yes)
      return try await session.execute(.init(target, "vm.shutdown"), delivery)
    }
  }
}
