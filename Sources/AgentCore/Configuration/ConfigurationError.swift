/// Why a configuration can't be used. The process should end with exit code 78 (`EX_CONFIG`, sysexits(3)).
///
/// Never holds the value of a secret.
struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The exit code of a process that can't use its configuration.
  static let exitCode: Int32 = 78

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
    var text = file
    if let line { text += ":\(line)" }
    if let key { text += ": \(key)" }
    return text + ": " + message
  }
}
