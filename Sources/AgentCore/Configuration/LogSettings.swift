internal import Logging

/// The section `log`.
struct LogSettings: Sendable, Equatable {
  /// The line format of standard output.
  enum Format: Sendable, Equatable {
    /// One JSON object per line.
    case json
    /// Plain text, coloured on a terminal.
    case console
  }

  /// `log.level`: `debug`, `info`, `warning` or `error`.
  var level = Logger.Level.info
  /// `log.format`: the format of standard output. The file always has JSON lines.
  var format = Format.json
  /// `log.file`; `nil` = standard output only.
  var file: String?
}
