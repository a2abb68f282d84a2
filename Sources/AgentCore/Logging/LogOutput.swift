internal import Glibc
internal import Logging

/// Where the agent's lines go: standard output, and a file when one is configured. Writing never waits.
final class LogOutput: Sendable {
  private let stream: LogStream
  private let file: LogFileThread?
  private let isJSON: Bool

  /// Opens the outputs. A file that can't be written is told on standard output and tried again later.
  ///
  /// `SIGPIPE` is ignored from here on: a reader of standard output that goes away must not end the agent.
  ///
  /// - Parameters:
  ///   - settings: The section `log`; the level is not used (``LogLevelSwitch``).
  ///   - descriptor: Standard output, or what stands for it.
  ///   - rotation: When the file is replaced.
  ///   - environment: `NO_COLOR` and `TERM=dumb` switch the colours of a terminal off.
  init(
    _ settings: LogSettings,
    descriptor: Int32 = 1,
    rotation: LogRotation = LogRotation(),
    environment: [String: String] = [:]
  ) {
    signal(SIGPIPE, SIG_IGN)
    Self.occupyStandardDescriptors()
    let isColored =
      isatty(descriptor) == 1 && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    let stream =
      switch settings.format {
      case .json: LogStream(descriptor: descriptor) { LogLine.json($0) }
      case .console: LogStream(descriptor: descriptor) { LogConsoleLine.text($0, isColored: isColored) }
      }
    self.stream = stream
    isJSON = settings.format == .json
    guard let path = settings.file else {
      file = nil
      return
    }
    let file = LogFileThread(path: path, rotation: rotation) { _ = stream.write($0) }
    let code = file.start()
    self.file = code == 0 ? file : nil
    if code != 0 {
      stream.write(
        LogRecord(
          level: .warning, message: "log file can't be written: no thread for it",
          fields: ["file": .string(path), "error": .string(String(cString: strerror(code)))]))
    }
  }

  deinit {
    file?.end()
  }

  /// Opens the file anew, after it was moved away (SIGHUP). It is also noticed without this, within a second or two.
  func reopenFile() {
    file?.reopen()
  }

  /// Waits until everything is written, at most for some time; to be called before the process ends.
  ///
  /// With `.zero` it only pushes what a slow reader of standard output has made room for.
  func flush(timeout: Duration = .seconds(2)) {
    let deadline = ContinuousClock.now + timeout
    // What the file's thread has to tell goes to the stream.
    if timeout > .zero { _ = file?.flush(until: deadline) }
    stream.flush(until: deadline)
  }

  /// Lines that standard output could not take, since the last line that told of some.
  var droppedLines: Int { stream.dropped }

  func write(_ record: LogRecord) {
    let line = stream.write(record)
    file?.write(isJSON ? line : LogLine.json(record), isExpendable: record.isExpendable)
  }

  /// A process may be started with standard descriptors closed. The first file or socket that it opens would be given
  /// the number 1 and then receive the log.
  private static func occupyStandardDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      // The lowest free number is this one, as those below it are taken.
      _ = open("/dev/null", O_RDWR | O_NOCTTY)
    }
  }
}
