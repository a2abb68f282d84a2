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

extension LogSettings {
  init(_ decoder: SettingDecoder) throws(ConfigurationError) {
    self.init()
    let levels: [(name: String, value: Logger.Level)] = [
      ("debug", .debug), ("info", .info), ("warn", .warning), ("error", .error), ("warning", .warning),
    ]
    level = try decoder.choice("log.level", levels) ?? level
    format = try decoder.choice("log.format", [("json", LogFormat.json), ("console", .console)]) ?? format
    file = try decoder.path("log.file")
  }
}
