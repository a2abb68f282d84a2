internal import Glibc
internal import Logging
internal import Threads

/// The destinations of the log: standard output, and a file if configured. Writing never blocks.
package final class LogOutput: Sendable {
  private let stream: LogStream
  private let file: LogFileThread?
  private let isJSON: Bool

  /// Opens the destinations. If the file cannot be written, that is logged on standard output, and opening it is retried.
  ///
  /// Ignores `SIGPIPE` in the whole process: a closed reader of standard output must not terminate it.
  ///
  /// - Parameters:
  ///   - format: The format of standard output. The file always has JSON lines.
  ///   - file: The path of the file; nil = standard output only.
  ///   - descriptor: Standard output, or its replacement in tests.
  ///   - environment: `NO_COLOR` and `TERM=dumb` disable the colours of a terminal.
  package init(
    format: LogFormat = .json,
    file: String? = nil,
    descriptor: Int32 = 1,
    rotation: LogRotation = LogRotation(),
    environment: [String: String] = [:]
  ) {
    signal(SIGPIPE, SIG_IGN)
    Self.occupyStandardDescriptors()
    let isColored =
      isatty(descriptor) == 1 && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    let stream =
      switch format {
      case .json: LogStream(descriptor: descriptor) { LogLine.json($0, schema: .agent) }
      case .console:
        LogStream(descriptor: descriptor) { LogConsoleLine.text($0, schema: .agent, isColored: isColored) }
      }
    self.stream = stream
    isJSON = format == .json
    guard let path = file else {
      self.file = nil
      return
    }
    let thread = LogFileThread(path: path, rotation: rotation) { _ = stream.write($0) }
    do throws(ThreadError) {
      try thread.start()
      self.file = thread
    } catch {
      self.file = nil
      stream.write(
        LogRecord(
          level: .warning, message: "log file can't be written: no thread for it",
          fields: ["file": .string(path), "error": .string(String(cString: strerror(error.errno)))]))
    }
  }

  deinit {
    file?.end()
  }

  /// Reopens the file after an external rotation, on SIGHUP. Otherwise the rotation is detected within two seconds.
  package func reopenFile() {
    file?.reopen()
  }

  /// Waits until everything is written, or for the timeout. Call it before the process ends.
  ///
  /// With a timeout of `.zero`, only writes what standard output accepts immediately.
  package func flush(timeout: Duration = .seconds(2)) {
    let deadline = ContinuousClock.now + timeout
    // The file first: its thread may log to the stream.
    if timeout > .zero { _ = file?.flush(until: deadline) }
    stream.flush(until: deadline)
  }

  /// The lines lost on standard output since the last line that reported a loss.
  package var droppedLines: Int { stream.dropped }

  func write(_ record: LogRecord) {
    let line = stream.write(record)
    file?.write(isJSON ? line : LogLine.json(record, schema: .agent), isExpendable: record.isExpendable)
  }

  /// Opens `/dev/null` in place of closed standard descriptors. Otherwise the first file or socket of the process could get the
  /// number 1 and receive the log.
  private static func occupyStandardDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      // open(2) returns the lowest free number, which is this one.
      _ = open("/dev/null", O_RDWR | O_NOCTTY)
    }
  }
}
