internal import Logging

/// A log event before it is encoded.
package struct LogRecord: Sendable {
  var level: Logger.Level
  var time: LogTimestamp
  var message: String
  /// Sorted by key.
  var fields: [(key: String, value: Logger.MetadataValue)]
  /// Whether this line may be dropped before others when a queue is full.
  let isExpendable: Bool

  /// The metadata key that marks an expendable line. It is not written.
  package static let expendableKey = "expendable_line"

  init(level: Logger.Level, message: String, fields: Logger.Metadata, time: LogTimestamp = .now()) {
    self.level = level
    self.time = time
    self.message = message
    isExpendable = level < .info || fields[Self.expendableKey] != nil
    self.fields = fields.lazy.filter { $0.key != Self.expendableKey }.map { (key: $0.key, value: $0.value) }
    if self.fields.count > 1 { self.fields.sort { $0.key < $1.key } }
  }

  /// The level in existing log pipelines, which know four.
  var levelName: StaticString {
    switch level {
    case .trace, .debug: "debug"
    case .info, .notice: "info"
    case .warning: "warn"
    case .error, .critical: "error"
    }
  }
}
