/// The value of a key, and its source.
struct Setting: Sendable {
  /// The dotted key.
  var key: String
  var value: YAMLNode
  /// The file, or `environment`.
  var file: String
  var isFromEnvironment: Bool

  init(key: String, value: YAMLNode, file: String) {
    self.key = key
    self.value = value
    self.file = file
    isFromEnvironment = false
  }

  /// A setting from the environment. Its value is always text.
  init(key: String, environmentValue: String) {
    self.key = key
    value = YAMLNode(content: .scalar(environmentValue, isPlain: false), line: 0)
    file = "environment"
    isFromEnvironment = true
  }

  /// An error about this setting, or about one item of its value.
  func error(_ message: String, at item: YAMLNode? = nil) -> ConfigurationError {
    ConfigurationError(file: file, line: line(item), key: label, message: message)
  }

  /// A warning about this setting, or about one item of its value.
  func warning(_ message: String, at item: YAMLNode? = nil) -> ConfigurationWarning {
    ConfigurationWarning(file: file, line: line(item), key: label, message: message)
  }

  private var label: String { isFromEnvironment ? SettingKeys.environmentName(key) : key }

  private func line(_ item: YAMLNode?) -> Int? {
    isFromEnvironment ? nil : (item ?? value).line
  }
}
