import ArgumentParser
import JSON

/// A command of `plsctl` that has one agent do one thing.
protocol OperationCommand: PlatformCommand {
  var delivery: DeliveryOptions { get }
  /// The agent, as it was named.
  var agent: String { get }
  /// What to send.
  func order(for agent: ResolvedAgent) throws -> ConsoleSession.Order
}

extension OperationCommand {
  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    try await session.carryOut(order(for: session.resolve(agent)), delivery)
  }
}
