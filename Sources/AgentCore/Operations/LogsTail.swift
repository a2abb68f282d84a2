import AgentProtocol
import HostControl
import JSON
import Locks

/// `logs.tail`: the last lines of a unit's journal.
struct LogsTail: Operation {
  /// What to look for.
  struct Parameters: Sendable, Equatable {
    let unit: UnitName
    let lines: Int64
  }

  /// The most entries that can be asked for.
  static let maximumLines: Int64 = 1000

  /// See ``Operation``.
  let entry = CatalogueEntry(
    "logs.tail", "The last lines of a unit's journal",
    parameters: [
      .init("unit", .string, "The unit; a name without a type is a service's"),
      .init(
        "lines", .integer, required: false, "How many entries, 100 unless given, at most \(maximumLines)",
        minimumValue: 1),
    ])
  /// See ``Operation``.
  let pace = Pace.immediate
  private let runner: any ProgramRunner
  private let journalctl: String
  private let timeLimit: Duration
  /// Whatever is asked at once, no more than four run: each may look through gigabytes of journal.
  private let budget = ByteBudget(4 << 20)
  private static let share = 1 << 20
  /// How many wait or run.
  private let open = Locked(0)
  /// The most that may wait or run: more would keep other queries from being read.
  static let maximumOpen = 32

  /// The operation.
  ///
  /// - Parameters:
  ///   - journalctl: The program that reads the journal.
  ///   - timeLimit: How long it may take.
  init(
    runner: any ProgramRunner, journalctl: String = "/usr/bin/journalctl", timeLimit: Duration = .seconds(10)
  ) {
    self.runner = runner
    self.journalctl = journalctl
    self.timeLimit = timeLimit
  }

  /// See ``Operation``.
  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) -> Parameters {
    guard let text = params["unit"]?.stringValue, let unit = UnitName(text) else {
      throw Refusal(.invalidParams, "\"unit\" must be the name of a unit")
    }
    guard let value = params["lines"], value != .null else { return Parameters(unit: unit, lines: 100) }
    guard let lines = value.integerValue, (1...Self.maximumLines).contains(lines) else {
      throw Refusal(.invalidParams, "\"lines\" must be a whole number from 1 to \(Self.maximumLines)")
    }
    return Parameters(unit: unit, lines: lines)
  }

  /// See ``Operation``.
  func run(_ parameters: Parameters, in context: CommandContext) async -> OperationOutcome {
    let isTaken = open.withLock { open in
      guard open < Self.maximumOpen else { return false }
      open += 1
      return true
    }
    guard isTaken else { return .failed(.busy, "\(Self.maximumOpen) other logs.tail wait or run") }
    defer { open.withLock { $0 -= 1 } }
    await budget.reserve(Self.share)
    defer { budget.release(Self.share) }
    let request = ProcessRequest(
      executable: journalctl,
      arguments: [
        "--unit=\(parameters.unit)", "--lines=\(parameters.lines)", "--output=short-iso", "--utc",
        "--no-hostname", "--no-pager", "--quiet",
      ],
      environment: [("PATH", "/usr/bin:/bin"), ("LANG", "C.UTF-8")], outputLimit: context.outputLimit)
    do {
      return outcome(of: try await runWithinTime(request), parameters.unit, limit: context.outputLimit)
    } catch {
      guard error.reason != .executableNotFound else {
        return .failed(.unsupported, "this machine has no \(journalctl)")
      }
      return .failed(.failed, "\(error)")
    }
  }

  private func runWithinTime(_ request: ProcessRequest) async throws(ProcessError) -> ProcessOutcome {
    let answer = await withTaskGroup(of: Result<ProcessOutcome, ProcessError>?.self) { group in
      group.addTask {
        do throws(ProcessError) { return .success(try await runner.run(request)) } catch {
          return .failure(error)
        }
      }
      group.addTask {
        // Given up when the program was faster.
        _ = await Deadlines.shared.wait(until: .now + timeLimit)
        return nil
      }
      var answer: Result<ProcessOutcome, ProcessError>?
      for await result in group {
        answer = answer ?? result
        group.cancelAll()
      }
      return answer
    }
    return try answer?.get() ?? .nothing
  }

  private func outcome(of run: ProcessOutcome, _ unit: UnitName, limit: Int) -> OperationOutcome {
    let (lines, isTruncated) = JournalLines.last(of: run.stdout, encodedSize: limit - Self.envelopeSize)
    let output: JSONValue = ["unit": .string(unit.text), "lines": .array(lines.map(JSONValue.string))]
    switch run.ending {
    case .exited(0):
      return .completed(output, isTruncated: isTruncated)
    case .exited, .signalled, .unknown:
      let reason = run.stderr.text.prefix(bytes: 512).split(separator: "\n").joined(separator: "; ")
      return .failed(.failed, reason.isEmpty ? "journalctl did not succeed" : reason, output: output)
    case .terminated:
      return .failed(
        .timedOut, "the journal was not read within \(timeLimit.components.seconds) s", output: output,
        isTruncated: true)
    }
  }

  /// What a result takes besides its lines, generously.
  private static let envelopeSize = 2048
}

extension ProcessOutcome {
  /// Neither a run nor an error.
  fileprivate static var nothing: ProcessOutcome {
    let nothing = CapturedOutput(bytes: [], headCount: 0, totalBytes: 0)
    return ProcessOutcome(ending: .terminated, stdout: nothing, stderr: nothing, duration: .zero)
  }
}
