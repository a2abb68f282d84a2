/// The value of a key, with its source.
struct Setting: Sendable {
  /// The dotted key.
  var key: String
  /// The text; nil for a list or mapping.
  var text: String?
  /// The file, or `environment`.
  var file: String
  /// The line in the file.
  var line: Int?

  /// Creates an error about the setting.
  func error(_ message: String) -> PlatformConfigurationError {
    let label = file == SettingKeys.environment ? SettingKeys.environmentName(key) : key
    return PlatformConfigurationError(file: file, line: line, key: label, message)
  }
}
