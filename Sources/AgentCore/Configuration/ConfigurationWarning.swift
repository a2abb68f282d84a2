/// Something in the configuration that the operator should know of and that does not stop the agent.
///
/// Never holds the value of a secret.
public struct ConfigurationWarning: Sendable, Equatable, CustomStringConvertible {
  /// The file, or `environment`.
  public var file: String
  /// The line in the file, counted from 1, where one can be named.
  public var line: Int?
  /// The dotted key, or the environment variable.
  public var key: String?
  /// What is wrong and what to do about it.
  public var message: String

  /// A warning from its parts.
  public init(file: String, line: Int? = nil, key: String? = nil, message: String) {
    self.file = file
    self.line = line
    self.key = key
    self.message = message
  }

  /// `file:line: key: message`, on one line.
  public var description: String {
    ConfigurationError(file: file, line: line, key: key, message: message).description
  }
}
