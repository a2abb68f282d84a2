internal import Glibc
internal import Logging

/// Writes the log file on a dedicated thread, so that a slow, full or hanging disk never blocks a logging thread. Lines are
/// queued, up to ``capacity`` bytes.
///
/// `@unchecked Sendable`: every stored variable is accessed under `mutex` only. It needs a condition variable, which the standard
/// library does not have.
final class LogFileThread: @unchecked Sendable {
  /// The maximum size of the queue, in bytes.
  static let capacity = 1 << 20
  /// Seconds between attempts to open a file after a failure.
  private static let retryInterval = 5
  private static let stackSize = 256 << 10

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let work: UnsafeMutablePointer<pthread_cond_t>
  private let idle: UnsafeMutablePointer<pthread_cond_t>
  private var queue: [UInt8] = []
  private var room = LogDropPolicy(capacity: LogFileThread.capacity)
  private var mustReopen = false
  private var mustEnd = false
  private var isBusy = true
  private var hasEnded = false
  private let path: String
  private let rotation: LogRotation
  private let report: @Sendable (LogRecord) -> Void

  /// - Parameter report: Called on the thread when writing fails, and when it succeeds again.
  init(path: String, rotation: LogRotation, report: @escaping @Sendable (LogRecord) -> Void) {
    self.path = path
    self.rotation = rotation
    self.report = report
    mutex = .allocate(capacity: 1)
    work = .allocate(capacity: 1)
    idle = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(work, &attributes)
    pthread_cond_init(idle, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(work)
    pthread_cond_destroy(idle)
    pthread_mutex_destroy(mutex)
    work.deallocate()
    idle.deallocate()
    mutex.deallocate()
  }

  /// Starts the thread, which retains this object until ``end()``.
  ///
  /// - Returns: 0, or an error number.
  func start() -> Int32 {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, Self.stackSize)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    // Signals are handled by other threads.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, &attributes,
      { context in
        if let context { Unmanaged<LogFileThread>.fromOpaque(context).takeRetainedValue().run() }
        return nil
      }, context.toOpaque())
    if code != 0 { context.release() }
    return code
  }

  /// Queues a line, or counts it as lost when there is no room.
  func write(_ line: [UInt8], isExpendable: Bool) {
    locked {
      if room.admits(line.count, beside: queue.count, isExpendable: isExpendable) { queue += line }
      pthread_cond_signal(work)
    }
  }

  /// Reopens the file before the next line.
  func reopen() {
    locked {
      mustReopen = true
      pthread_cond_signal(work)
    }
  }

  /// Waits until the queue is written, or for the deadline.
  ///
  /// - Returns: Whether everything was written.
  func flush(until deadline: ContinuousClock.Instant) -> Bool {
    let left = max(ContinuousClock.now.duration(to: deadline), .zero).components
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    time.tv_sec += Int(left.seconds)
    time.tv_nsec += Int(left.attoseconds / 1_000_000_000)
    if time.tv_nsec >= 1_000_000_000 {
      time.tv_sec += 1
      time.tv_nsec -= 1_000_000_000
    }
    return locked {
      while isBusy || !queue.isEmpty || room.lost > 0 || mustReopen {
        if hasEnded || pthread_cond_timedwait(idle, mutex, &time) != 0 { return false }
      }
      return true
    }
  }

  /// Makes the thread end when the queue is written.
  func end() {
    locked {
      mustEnd = true
      pthread_cond_signal(work)
    }
  }

  private func locked<Value>(_ body: () -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
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

  /// Waits for work; `nil` at the end.
  private func next() -> Batch? {
    locked {
      isBusy = false
      while queue.isEmpty, room.lost == 0, !mustReopen, !mustEnd {
        pthread_cond_broadcast(idle)
        pthread_cond_wait(work, mutex)
      }
      if queue.isEmpty, room.lost == 0, !mustReopen {
        hasEnded = true
        pthread_cond_broadcast(idle)
        return nil
      }
      isBusy = true
      let batch = Batch(lines: queue, overflow: room.takeLost(), mustReopen: mustReopen)
      queue = []
      mustReopen = false
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
      report(failure(action, code, "log file can't be written; standard output goes on"))
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
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec
  }
}
