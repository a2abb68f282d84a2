import ArgumentParser
import JSON

/// A subcommand that is executed on a console.
protocol ConsoleCommand: AsyncParsableCommand, Sendable {
  /// Executes the command.
  ///
  /// - Returns: The exit status.
  func execute(on console: Console) async throws -> ExitStatus
}

extension ConsoleCommand {
  /// Required by the parser. ``PlsctlProgram`` calls ``execute(on:)`` instead.
  mutating func run() async throws {
    throw ExitCode(try await execute(on: .system()).rawValue)
  }
}

/// A subcommand that calls the platform API.
protocol PlatformCommand: ConsoleCommand {
  var options: ConsoleOptions { get }
  /// Executes the command over a connection.
  ///
  /// - Returns: The exit status.
  func perform(in session: ConsoleSession) async throws -> ExitStatus
}

extension PlatformCommand {
  func execute(on console: Console) async throws -> ExitStatus {
    let command = self
    return try await ConsoleSession.open(options, on: console) { try await command.perform(in: $0) }
  }
}

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
