internal import Logging

/// A line to be logged, before it has a form.
struct LogRecord {
  var level: Logger.Level
  var time: LogTimestamp
  var message: String
  /// By key, so that the same fields always come in the same order.
  var fields: [(key: String, value: Logger.MetadataValue)]

  init(level: Logger.Level, message: String, fields: Logger.Metadata, time: LogTimestamp = .now()) {
    self.level = level
    self.time = time
    self.message = message
    self.fields = fields.map { (key: $0.key, value: $0.value) }
    if self.fields.count > 1 { self.fields.sort { $0.key < $1.key } }
  }

  /// One of the four levels that existing log pipelines know.
  var levelName: StaticString {
    switch level {
    case .trace, .debug: "debug"
    case .info, .notice: "info"
    case .warning: "warn"
    case .error, .critical: "error"
    }
  }
}
