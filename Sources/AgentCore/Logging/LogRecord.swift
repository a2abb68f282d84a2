internal import Logging

/// A line to be logged, before it has a form.
struct LogRecord {
  var level: Logger.Level
  var time: LogTimestamp
  var message: String
  /// By key, so that the same fields always come in the same order.
  var fields: [(key: String, value: Logger.MetadataValue)]
  /// Whether it may be lost before others, where not all can be kept.
  let isExpendable: Bool

  /// The metadata key that marks an expendable line; it is not written.
  static let expendableKey = "expendable_line"

  init(level: Logger.Level, message: String, fields: Logger.Metadata, time: LogTimestamp = .now()) {
    self.level = level
    self.time = time
    self.message = message
    isExpendable = level < .info || fields[Self.expendableKey] != nil
    self.fields = fields.lazy.filter { $0.key != Self.expendableKey }.map { (key: $0.key, value: $0.value) }
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
