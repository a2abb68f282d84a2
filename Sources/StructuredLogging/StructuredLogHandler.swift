package import Logging

/// Writes log events to a ``LogOutput``.
///
/// The level is that of the shared ``LogLevelSwitch``, unless the logger has one of its own. The label is not written.
package struct StructuredLogHandler: LogHandler {
  private let output: LogOutput
  private let levelSwitch: LogLevelSwitch
  private var ownLevel: Logger.Level?

  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?

  package init(
    output: LogOutput, level: LogLevelSwitch, metadataProvider: Logger.MetadataProvider? = nil
  ) {
    self.output = output
    levelSwitch = level
    self.metadataProvider = metadataProvider
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
    output.write(LogRecord(level: event.level, message: event.message.description, fields: fields))
  }
}
