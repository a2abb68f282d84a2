/// A value of one key with the place it was read from.
struct Setting: Sendable {
  /// The dotted key.
  var key: String
  /// The text; nil for what is no single value.
  var text: String?
  /// The file, or `environment`.
  var file: String
  /// The line in the file.
  var line: Int?

  /// An error about it.
  func error(_ message: String) -> PlatformConfigurationError {
    let label = file == SettingKeys.environment ? SettingKeys.environmentName(key) : key
    return PlatformConfigurationError(file: file, line: line, key: label, message)
  }
}
