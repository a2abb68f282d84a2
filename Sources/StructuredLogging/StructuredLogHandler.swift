import Glibc
package import Logging
import Synchronization

/// Passes log events to a destination.
///
/// The level is that of the shared ``LogLevelSwitch``, unless the logger has one of its own. The label is not written.
package struct StructuredLogHandler: LogHandler {
  private let write: @Sendable (LogRecord) -> Void
  private let levelSwitch: LogLevelSwitch
  private var ownLevel: Logger.Level?

  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?

  package init(
    output: LogOutput, level: LogLevelSwitch, metadataProvider: Logger.MetadataProvider? = nil
  ) {
    write = { output.write($0) }
    levelSwitch = level
    self.metadataProvider = metadataProvider
  }

  /// Creates a handler that writes each line to standard error with one blocking write(2), in the schema of the platform.
  package init(standardErrorFormat format: LogFormat, level: Logger.Level) {
    write = { record in
      let line =
        switch format {
        case .json: LogLine.json(record, schema: .platform)
        case .console: LogConsoleLine.text(record, schema: .platform, isColored: false)
        }
      _ = Glibc.write(STDERR_FILENO, line, line.count)
    }
    levelSwitch = LogLevelSwitch(level)
  }

  /// The effective level. Setting it detaches this logger from the switch.
  package var logLevel: Logger.Level {
    get { ownLevel ?? levelSwitch.level }
    set { ownLevel = newValue }
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var fields = metadata
    if let provided = metadataProvider?.get(), !provided.isEmpty {
      fields.merge(provided) { _, new in new }
    }
    if let own = event.metadata, !own.isEmpty {
      if fields.isEmpty { fields = own } else { fields.merge(own) { _, new in new } }
    }
    if let error = event.error, fields["error"] == nil { fields["error"] = "\(error)" }
    write(LogRecord(level: event.level, message: event.message.description, fields: fields))
  }
}

/// A log level shared by all loggers, which can be changed at run time.
package final class LogLevelSwitch: Sendable {
  private static let levels: [Logger.Level] = [.trace, .debug, .info, .notice, .warning, .error, .critical]
  private let index: Atomic<Int>

  package init(_ level: Logger.Level) {
    index = Atomic(Self.index(of: level))
  }

  /// Events below this level are not written.
  package var level: Logger.Level {
    get { Self.levels[index.load(ordering: .relaxed)] }
    set { index.store(Self.index(of: newValue), ordering: .relaxed) }
  }

  private static func index(of level: Logger.Level) -> Int {
    levels.firstIndex(of: level) ?? 2
  }
}
