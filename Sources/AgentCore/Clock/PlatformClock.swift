import HostControl
import JSON
import Locks
import Logging
import StructuredLogging

/// The ``ClockEvidence`` of this agent, persisted in `clock.json` in the state folder.
final class PlatformClock: Sendable {
  private struct State {
    var evidence: ClockEvidence
    /// The content of the file.
    var kept: ClockEvidence
    /// The time of the last write, as ``ClockReading/sinceBoot``.
    var keptAt: Int64
  }

  private static let sizeLimit = 4_096
  /// The interval of regular writes, in milliseconds. A substantial change is written earlier.
  private static let regularInterval: Int64 = 3_600_000

  private let path: String?
  /// The minimum time between two writes.
  private let pause: Duration
  private let bootID: String
  private let logger: Logger
  private let state: Locked<State>
  private let corrections = Locked(LogRateLimiter())
  private let changes = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

  /// Loads the evidence that an earlier agent has saved.
  ///
  /// - Parameter folder: The state folder; nil = nothing is saved.
  init(
    folder: String?, bootID: String = BootID.current, at reading: ClockReading = .current,
    pause: Duration = .seconds(60), logger: Logger
  ) {
    self.pause = pause
    path = folder.map { "\($0)/clock.json" }
    self.bootID = bootID
    self.logger = logger
    var evidence = ClockEvidence()
    if let path {
      do {
        if let bytes = try DurableFile.read(path, limit: Self.sizeLimit) {
          evidence = ClockEvidence(try JSONReader.parse(bytes), bootID: bootID, at: reading)
        }
      } catch {
        logger.warning(
          "saved evidence of the platform's clock cannot be read",
          metadata: ["path": "\(path)", "reason": "\(error)"])
      }
    }
    state = Locked(State(evidence: evidence, kept: evidence, keptAt: reading.sinceBoot))
  }

  /// The current evidence.
  var evidence: ClockEvidence { state.withLock { $0.evidence } }

  /// Records that a message was published that the platform may answer with its time.
  func published(_ id: String, at reading: ClockReading = .current) {
    state.withLock { $0.evidence.published(id, at: reading) }
  }

  /// Records the timestamp of a message from the platform.
  func received(_ timestamp: Int64?, at reading: ClockReading) {
    change(at: reading) { $0.received(timestamp, at: reading) }
  }

  /// Records a time message from the platform.
  ///
  /// - Returns: Whether it measured the platform's clock.
  func received(_ timestamp: Int64?, answering id: String?, at reading: ClockReading) -> Bool {
    let measurement = change(at: reading) { $0.received(timestamp, answering: id, at: reading) }
    if let seconds = measurement?.correction, corrections.withLock({ $0.shouldLog("") }) {
      logger.warning(
        "a message from the platform was stamped by a clock that was ahead; its time now replaces that evidence",
        metadata: ["ahead_s": .stringConvertible(seconds)])
    }
    return measurement != nil
  }

  private func change<Answer: Sendable>(at reading: ClockReading, _ body: (inout ClockEvidence) -> Answer)
    -> Answer
  {
    let (answer, isDue) = state.withLock { state in
      let answer = body(&state.evidence)
      let isDue =
        reading.sinceBoot &- state.keptAt >= Self.regularInterval
        || state.evidence.differsInSubstance(from: state.kept, at: reading)
      return (answer, isDue)
    }
    if isDue { changes.continuation.yield() }
    return answer
  }

  /// Writes the file after changes until the task is cancelled, and once more at the end.
  func run() async {
    for await _ in changes.stream {
      write()
      // Returns early when the task is cancelled.
      try? await Task.sleep(for: pause, tolerance: pause / 12)
    }
    if evidence != state.withLock({ $0.kept }) { write() }
  }

  private func write() {
    guard let path else { return }
    let reading = ClockReading.current
    let evidence = state.withLock { state in
      state.kept = state.evidence
      state.keptAt = reading.sinceBoot
      return state.evidence
    }
    do {
      try DurableFile.write(JSONWriter.encode(evidence.json(bootID: bootID, at: reading)), to: path)
    } catch {
      logger.warning(
        "evidence of the platform's clock cannot be saved",
        metadata: ["path": "\(path)", "reason": "\(error)"])
    }
  }
}
