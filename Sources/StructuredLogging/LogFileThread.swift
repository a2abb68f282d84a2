internal import Clocks
internal import Glibc
internal import Logging
internal import Threads

/// Writes the log file on a dedicated thread, so that a slow, full or hanging disk never blocks a logging thread. Lines are
/// queued, up to ``capacity`` bytes.
final class LogFileThread: Sendable {
  /// The maximum size of the queue, in bytes.
  static let capacity = 1 << 20
  /// Seconds between attempts to open a file after a failure.
  private static let retryInterval = 5
  private static let stackSize = 256 << 10

  private struct State {
    var queue: [UInt8] = []
    var room = LogDropPolicy(capacity: LogFileThread.capacity)
    var mustReopen = false
    var mustEnd = false
    var isBusy = true
    var hasEnded = false

    var hasWork: Bool { !queue.isEmpty || room.lost > 0 || mustReopen }
    var isIdle: Bool { !isBusy && !hasWork }
  }

  private let state = Monitor(State())
  private let path: String
  private let rotation: LogRotation
  private let report: @Sendable (LogRecord) -> Void

  /// - Parameter report: Called on the thread when writing fails, and when it succeeds again.
  init(path: String, rotation: LogRotation, report: @escaping @Sendable (LogRecord) -> Void) {
    self.path = path
    self.rotation = rotation
    self.report = report
  }

  /// Starts the thread, which retains this object until ``end()``.
  func start() throws(ThreadError) {
    try Thread.start(name: "log-file", stackSize: Self.stackSize) { [self] in run() }
  }

  /// Appends a line to the queue, or counts it as lost when there is no room.
  func write(_ line: [UInt8], isExpendable: Bool) {
    state.update { state in
      if state.room.admits(line.count, beside: state.queue.count, isExpendable: isExpendable) {
        state.queue += line
      }
    }
  }

  /// Reopens the file before the next line.
  func reopen() {
    state.update { $0.mustReopen = true }
  }

  /// Waits until everything is written, at most until the deadline.
  ///
  /// - Returns: Whether everything is written.
  func flush(until deadline: ContinuousClock.Instant) -> Bool {
    return state.wait(atMost: ContinuousClock.now.duration(to: deadline)) { $0.isIdle || $0.hasEnded }
      && state.update { $0.isIdle }
  }

  /// Ends the thread once the queue is written.
  func end() {
    state.update { $0.mustEnd = true }
  }

  private struct Reported {
    var condition = RotatingLogFile.Condition.working
    var rotationError: Int32 = 0
  }

  private struct Batch {
    var lines: [UInt8]
    var overflow: Int
    var mustReopen: Bool
  }

  /// Waits for the next batch; `nil` when there will be none.
  private func next() -> Batch? {
    state.update { $0.isBusy = false }
    state.wait { $0.hasWork || $0.mustEnd }
    return state.update { state in
      guard state.hasWork else {
        state.hasEnded = true
        return nil
      }
      state.isBusy = true
      let batch = Batch(lines: state.queue, overflow: state.room.takeLost(), mustReopen: state.mustReopen)
      state.queue = []
      state.mustReopen = false
      return batch
    }
  }

  private func run() {
    var file = RotatingLogFile(path: path, rotation: rotation)
    var reported = Reported()
    var retryAt = 0
    var lastCheck = 0
    defer { file.close() }
    // Opened before the first line, so that a bad path is reported at start.
    _ = file.open()
    reportChanges(of: file, &reported)
    while let batch = next() {
      let now = Self.now()
      if batch.mustReopen {
        file.close()
        retryAt = 0
      } else if now > lastCheck {
        file.closeIfMoved()
        lastCheck = now
      }
      if case .failing("open", _) = file.condition, now < retryAt {
        file.lose(batch.lines)
      } else {
        if batch.lines.isEmpty { _ = file.open() } else { file.write(batch.lines) }
        retryAt = now + Self.retryInterval
      }
      file.lose(count: batch.overflow)
      reportChanges(of: file, &reported)
    }
  }

  private func reportChanges(of file: RotatingLogFile, _ reported: inout Reported) {
    if file.rotationError != reported.rotationError, file.rotationError != 0 {
      report(failure("rotate", file.rotationError, "log file can't be rotated; it was emptied instead"))
    }
    reported.rotationError = file.rotationError
    guard file.condition != reported.condition else { return }
    reported.condition = file.condition
    switch file.condition {
    case .working:
      report(LogRecord(level: .info, message: "log file is written again", fields: ["file": .string(path)]))
    case .failing(let action, let code):
      report(failure(action, code, "log file can't be written; logging continues on standard output"))
    }
  }

  private func failure(_ action: String, _ code: Int32, _ message: String) -> LogRecord {
    LogRecord(
      level: .warning, message: message,
      fields: [
        "file": .string(path), "action": .string(action), "error": .string(String(cString: strerror(code))),
      ])
  }

  private static func now() -> Int {
    Int(MonotonicClock.now() / 1_000_000_000)
  }
}
