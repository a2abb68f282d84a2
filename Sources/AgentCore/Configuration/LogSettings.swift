internal import Logging

/// The section `log`.
struct LogSettings: Sendable, Equatable {
  /// How lines look on standard output.
  enum Format: Sendable, Equatable {
    /// A JSON object a line.
    case json
    /// Text for people; coloured on a terminal.
    case console
  }

  /// `log.level`: `debug`, `info`, `warning` or `error`.
  var level = Logger.Level.info
  /// `log.format`: of standard output; the file is always JSON lines.
  var format = Format.json
  /// `log.file`; `nil` = standard output only.
  var file: String?
}
