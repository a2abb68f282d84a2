import ArgumentParser
import JSON

/// A subcommand that executes one operation on one agent.
protocol OperationCommand: PlatformCommand {
  var delivery: DeliveryOptions { get }
  /// The reference to the agent on the command line.
  var agent: String { get }
  /// The command to submit.
  func submission(for agent: ResolvedAgent) throws -> ConsoleSession.Submission
}

extension OperationCommand {
  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    try await session.execute(submission(for: session.resolve(agent)), delivery)
  }
}
