import JSON
import Locks
import OperatorCommands

/// A console in memory.
final class TestConsole: Sendable {
  private let written = Locked<[Console.Stream: [UInt8]]>([:])
  private let environment: [String: String]
  private let size: Console.Size?
  private let answers: Locked<[String]>
  private let canAsk: Bool

  init(environment: [String: String] = [:], size: Console.Size? = nil, answers: [String]? = nil) {
    self.environment = environment
    self.size = size
    self.answers = Locked(answers ?? [])
    canAsk = answers != nil
  }

  var output: String { text(.output) }
  var errors: String { text(.error) }

  /// The lines of standard error.
  var complaints: [String] { errors.split(separator: "\n").map(String.init) }

  func json() throws -> JSONValue { try JSONReader.parse(Array(output.utf8)) }

  var console: Console {
    let size = size
    return Console(
      write: { stream, bytes in self.written.withLock { $0[stream, default: []] += bytes } },
      terminal: { _ in size },
      canAsk: canAsk,
      ask: { _, _ in self.answers.withLock { $0.isEmpty ? nil : $0.removeFirst() } },
      environment: environment,
      now: { 1_764_005_600 },
      interruption: {
        // Suspends until the task is cancelled.
        do { try await Task.sleep(for: .seconds(3600)) } catch { return }
      })
  }

  /// Runs `plsctl`.
  func run(_ arguments: String...) async -> ExitStatus {
    await PlsctlProgram.run(arguments, on: console)
  }

  func run(_ arguments: [String]) async -> ExitStatus {
    await PlsctlProgram.run(arguments, on: console)
  }

  private func text(_ stream: Console.Stream) -> String {
    String(decoding: written.withLock { $0[stream] ?? [] }, as: UTF8.self)
  }
}
