internal import Logging

/// Hands a logger's lines to a ``LogOutput``.
///
/// The level is that of the shared ``LogLevelSwitch``, unless this logger was given one of its own. The label is not
/// written: the message says what it is about.
struct AgentLogHandler: LogHandler {
  private let output: LogOutput
  private let levelSwitch: LogLevelSwitch
  private var ownLevel: Logger.Level?

  /// Fields of every line of this logger.
  var metadata: Logger.Metadata = [:]
  /// Fields of the task that logs.
  var metadataProvider: Logger.MetadataProvider?

  /// A handler; for `LoggingSystem.bootstrap` or `Logger(label:factory:)`.
  init(
    output: LogOutput, level: LogLevelSwitch, metadataProvider: Logger.MetadataProvider? = nil
  ) {
    self.output = output
    levelSwitch = level
    self.metadataProvider = metadataProvider
  }

  /// The level in force; setting it detaches this logger from the switch.
  var logLevel: Logger.Level {
    get { ownLevel ?? levelSwitch.level }
    set { ownLevel = newValue }
  }

  /// A field of every line of this logger.
  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes one line.
  func log(event: LogEvent) {
    var fields = metadata
    if let provided = metadataProvider?.get(), !provided.isEmpty {
      fields.merge(provided) { _, new in new }
    }
    if let own = event.metadata, !own.isEmpty {
      if fields.isEmpty { fields = own } else { fields.merge(own) { _, new in new } }
    }
    if let error = event.error, fields["error"] == nil { fields["error"] = "\(error)" }
    output.write(LogRecord(level: event.level, message: event.message.description, fields: fields))
  }
}
