/// An error of the configuration. The process should exit with code 78 (`EX_CONFIG`, sysexits(3)).
///
/// Never contains the value of a secret.
public struct PlatformConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The exit code of a process whose configuration is invalid.
  public static let exitCode: Int32 = 78

  /// The file, or `environment`.
  public var file: String
  /// The line in the file, from 1, where one is known.
  public var line: Int?
  /// The dotted key, or the environment variable.
  public var key: String?
  /// What is wrong and what to do about it.
  public var message: String

  /// Creates an error.
  public init(file: String, line: Int? = nil, key: String? = nil, _ message: String) {
    self.file = file
    self.line = line
    self.key = key
    self.message = message
  }

  /// `file:line: key: message`, on one line.
  public var description: String {
    var text = file
    if let line { text += ":\(line)" }
    if let key { text += ": \(key)" }
    return text + ": " + message
  }
}
