import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl commands wait`
struct CommandsWaitCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Wait for a command to finish and show its result.",
    discussion: """
      The exit code is that of the command.

      EXAMPLES
        plsctl commands wait 7c1f --timeout 10m
      """)

  @OptionGroup var options: ConsoleOptions
  @Argument(help: "The id, or a prefix of it.") var id: String

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let known = try await session.client.call(.commandsShow, Requests.Command(id: id))
    let whole = try CommandOutcome(known).view.id
    let timeout = options.timeout?.duration ?? .seconds(60)
    let agent = try await session.resolve(CommandOutcome(known).view.agent, isReported: false)
    let view = try await withThrowingTaskGroup(of: JSONValue?.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await session.client.wait(for: whole, timeout: timeout) }
      group.addTask {
        await session.reportSilence(of: agent, until: .now + timeout, hint: "--timeout waits longer")
        return nil
      }
      while let view = try await group.next() {
        if let view { return view }
      }
      throw ConsoleError(.interrupted, "interrupted")
    }
    let outcome = try CommandOutcome(view)
    if outcome.view.operation == "exec", options.output == .table {
      RemoteOutput(console: session.console).complete(with: outcome.output)
      if outcome.exitCode == nil, let diagnostic = outcome.diagnostic { session.console.report(diagnostic) }
      return outcome.status
    }
    return try session.printOutcome(view, agent: outcome.view.agent)
  }
}
