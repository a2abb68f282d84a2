public import Logging

/// The section `log`.
public struct LogSettings: Sendable, Equatable {
  /// How lines look on standard output.
  public enum Format: String, Sendable, Equatable {
    /// A JSON object a line.
    case json
    /// Text for people; coloured on a terminal.
    case console
  }

  /// `log.level`: `debug`, `info`, `warning` or `error`.
  public var level: Logger.Level
  /// `log.format`: of standard output; the file is always JSON lines.
  public var format: Format
  /// `log.file`; `nil` = standard output only.
  public var file: String?

  /// Settings from their parts; what is left out has its default.
  public init(level: Logger.Level = .info, format: Format = .json, file: String? = nil) {
    self.level = level
    self.format = format
    self.file = file
  }
}
