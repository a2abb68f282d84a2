import ArgumentParser

/// A command that does something.
protocol ConsoleCommand: AsyncParsableCommand, Sendable {
  /// Does it.
  func execute(on console: Console) async throws -> ExitStatus
}

extension ConsoleCommand {
  /// For the parser; ``PlsctlProgram`` calls ``execute(on:)`` itself.
  mutating func run() async throws {
    throw ExitCode(try await execute(on: .system()).rawValue)
  }
}

/// A command that asks the platform.
protocol PlatformCommand: ConsoleCommand {
  /// The options that every command has.
  var options: ConsoleOptions { get }
  /// Does it over a connection.
  func perform(in session: ConsoleSession) async throws -> ExitStatus
}

extension PlatformCommand {
  func execute(on console: Console) async throws -> ExitStatus {
    let command = self
    return try await ConsoleSession.open(options, on: console) { try await command.perform(in: $0) }
  }
}
