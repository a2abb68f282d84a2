/// Why a configuration cannot be used. Never contains the value of a secret.
struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The exit code of a process that cannot use its configuration: `EX_CONFIG` of sysexits.h.
  static let exitCode: Int32 = 78

  /// The file, or `environment`.
  var file: String
  /// The line in the file, counted from 1, if known.
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

/// A problem of the configuration that does not prevent its use. Never contains the value of a secret.
struct ConfigurationWarning: Sendable, Equatable, CustomStringConvertible {
  /// The file, or `environment`.
  var file: String
  /// The line in the file, counted from 1, if known.
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
