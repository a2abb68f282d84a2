import AgentProtocol
import Encoding
import HostControl
import JSON
import Locks
import Threads

/// A unit as recorded in the journal.
struct JournalUnit: Sendable {
  /// The primary name of the unit, not an alias; the requested name when there is no such unit.
  var name: String
  /// Whether systemd has the unit; nil when systemd is not available.
  var isKnown: Bool?
}

/// `logs.tail`: the last lines of a unit's journal.
struct LogsTail: Operation {
  struct Parameters: Sendable, Equatable {
    let unit: UnitName
    let lines: Int64
    var range = JournalRange()
  }

  /// The maximum of `lines`.
  static let maximumLines: Int64 = 1000

  let entry = CatalogueEntry(
    "logs.tail", "The last lines of a unit's journal",
    parameters: [
      .init("unit", .string, "The unit; a name without a type is a service's"),
      .init(
        "lines", .integer, required: false, "How many entries, 100 unless given, at most \(maximumLines)",
        minimumValue: 1),
      .init("since_s", .integer, required: false, "Only entries of so many last seconds", minimumValue: 1),
      .init(
        "cursor", .string, required: false,
        "Only entries after this one, the cursor of an earlier result; empty: all, and the result has one"),
    ])
  let executionMode = ExecutionMode.immediate
  /// The output of journalctl, its lines, and the encoded result, each at most one message.
  let queryCost = QueryCost.shared(bytes: 2 << 20)
  private let runner: any ProgramRunner
  private let lookUp: @Sendable (UnitName) async -> JournalUnit
  private let program: String
  private let timeLimit: Duration
  /// Limits concurrent runs, each of which may read gigabytes of journal.
  private let slots = AsyncSemaphore(4)
  /// The number of waiting and running calls.
  private let open = Locked(0)
  /// The maximum number of waiting and running calls, so that they do not block other queries.
  static let maximumOpen = 32

  /// - Parameters:
  ///   - runner: Runs journalctl, preferably outside the agent's control group: page cache is charged to the group of the reader,
  ///     and would throttle the agent.
  ///   - lookUp: Resolves the name of a unit.
  ///   - journalctl: The path of journalctl.
  ///   - timeLimit: The maximum time of a call, including the wait for other calls.
  init(
    runner: any ProgramRunner, lookUp: @escaping @Sendable (UnitName) async -> JournalUnit,
    journalctl: String = "/usr/bin/journalctl", timeLimit: Duration = .seconds(10)
  ) {
    self.runner = runner
    self.lookUp = lookUp
    self.program = journalctl
    self.timeLimit = timeLimit
  }

  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) -> Parameters {
    guard let text = params["unit"]?.stringValue, let unit = UnitName(text) else {
      throw Refusal(.invalidParams, "\"unit\" must be the name of a unit")
    }
    let range = try JournalRange(params)
    guard let value = params["lines"], value != .null else {
      return Parameters(unit: unit, lines: 100, range: range)
    }
    guard let lines = value.integerValue, (1...Self.maximumLines).contains(lines) else {
      throw Refusal(.invalidParams, "\"lines\" must be a whole number from 1 to \(Self.maximumLines)")
    }
    return Parameters(unit: unit, lines: lines, range: range)
  }

  func run(_ parameters: Parameters, in context: CommandContext) async -> OperationOutcome {
    let isTaken = open.withLock { open in
      guard open < Self.maximumOpen else { return false }
      open += 1
      return true
    }
    guard isTaken else { return .failed(.busy, "\(Self.maximumOpen) other logs.tail wait or run") }
    defer { open.withLock { $0 -= 1 } }
    return await withTaskGroup(of: OperationOutcome?.self) { group in
      group.addTask { await read(parameters, limit: context.outputLimit) }
      group.addTask {
        // Cancelled when the journal was read before the deadline.
        _ = await Deadlines.shared.wait(until: .now + timeLimit)
        return nil
      }
      var outcome: OperationOutcome?
      for await result in group {
        outcome = outcome ?? result
        group.cancelAll()
      }
      return outcome ?? .failed(.failed, "the journal was not read")
    }
  }

  private func read(_ parameters: Parameters, limit: Int) async -> OperationOutcome {
    let unit = await lookUp(parameters.unit)
    guard await slots.acquire() else { return outcome(of: .nothing, unit, parameters.range, limit: limit) }
    defer { slots.release() }
    let range = parameters.range
    do {
      var cursor: String?
      if range.needsCursorOfItsOwn {
        // The cursor is read before the lines: entries written in between are then returned twice rather than never.
        let run = try await journalctl(unit, JournalRange.cursorArguments, limit: limit)
        var (lines, _) = JournalLines.last(of: run.stdout, encodedSize: limit)
        cursor = JournalRange.takeCursor(from: &lines)
      }
      let run = try await journalctl(unit, ["--lines=\(parameters.lines)"] + range.arguments, limit: limit)
      return outcome(of: run, unit, range, cursor: cursor, limit: limit)
    } catch {
      guard error.reason != .executableNotFound else {
        return .failed(.unsupported, "this machine has no \(program)")
      }
      return .failed(.failed, "\(error)")
    }
  }

  private func journalctl(
    _ unit: JournalUnit, _ arguments: [String], limit: Int
  ) async throws(ProcessError) -> ProcessOutcome {
    var request = ProcessRequest(
      executable: program,
      arguments: [
        "--unit=\(unit.name)", "--output=short-iso", "--utc", "--no-hostname", "--no-pager", "--quiet",
      ] + arguments,
      environment: [("PATH", "/usr/bin:/bin"), ("LANG", "C.UTF-8")], outputLimit: limit)
    request.isQuery = true
    return try await runner.run(request)
  }

  private func outcome(
    of run: ProcessOutcome, _ unit: JournalUnit, _ range: JournalRange, cursor: String? = nil, limit: Int
  ) -> OperationOutcome {
    let room = limit - Self.envelopeSize
    var (lines, isTruncated) =
      range.isReversed
      ? JournalLines.newest(ofReversed: run.stdout, encodedSize: room)
      : JournalLines.last(of: run.stdout, encodedSize: room)
    let cursor = range.cursor == nil || range.isReversed ? cursor : JournalRange.takeCursor(from: &lines)
    var object: JSONObject = ["unit": .string(unit.name), "lines": .array(lines.map(JSONValue.string))]
    object.append("cursor", ifPresent: cursor.map(JSONValue.string))
    // The journal also has entries of removed units. Only without entries the name may be misspelt.
    if lines.isEmpty, run.ending == .exited(0), unit.isKnown == false { object.append("unit_found", false) }
    let output = JSONValue.object(object)
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

  /// An upper bound of the size of a result without its lines.
  private static let envelopeSize = 2048
}

extension ProcessOutcome {
  /// The outcome of a call whose time limit passed before journalctl was run.
  fileprivate static var nothing: ProcessOutcome {
    let nothing = CapturedOutput(bytes: [], headCount: 0, totalBytes: 0)
    return ProcessOutcome(ending: .terminated, stdout: nothing, stderr: nothing, duration: .zero)
  }
}
