import ArgumentParser
import JSON

/// A subcommand that executes one operation on one agent.
protocol OperationCommand: PlatformCommand {
  var delivery: DeliveryOptions { get }
  /// The reference to the agent on the command line.
  var agent: String { get }
  /// The command to submit.
  func order(for agent: ResolvedAgent) throws -> ConsoleSession.Order
}

extension OperationCommand {
  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    try await session.carryOut(order(for: session.resolve(agent)), delivery)
  }
}
