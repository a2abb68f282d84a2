import Logging
import StructuredLogging

/// The section `log`.
struct LogSettings: Sendable, Equatable {
  /// `log.level`: `debug`, `info`, `warning` or `error`.
  var level = Logger.Level.info
  /// `log.format`: the format of standard output. The file always has JSON lines.
  var format = LogFormat.json
  /// `log.file`; `nil` = standard output only.
  var file: String?
}
