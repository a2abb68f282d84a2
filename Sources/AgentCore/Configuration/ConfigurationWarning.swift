/// Something in the configuration that the operator should know of and that does not stop the agent.
///
/// Never holds the value of a secret.
struct ConfigurationWarning: Sendable, Equatable, CustomStringConvertible {
  /// The file, or `environment`.
  var file: String
  /// The line in the file, counted from 1, where one can be named.
  var line: Int?
  /// The dotted key, or the environment variable.
  var key: String?
  /// What is wrong and what to do about it.
  var message: String

  /// `file:line: key: message`, on one line.
  var description: String {
    ConfigurationError(file: file, line: line, key: key, message: message).description
  }
}
