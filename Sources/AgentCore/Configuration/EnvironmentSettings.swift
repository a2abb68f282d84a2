import Encoding

/// The settings from environment variables, named `PLUSCLOUDS_AGENT_` and the key in upper case with underscores for dots.
struct EnvironmentSettings: Sendable {
  var settings: [String: Setting] = [:]
  var warnings: [ConfigurationWarning] = []

  /// Selects the agent's variables. An empty variable counts as unset.
  init(_ environment: [String: String]) {
    let names = SettingKeys.all.map(SettingKeys.environmentName)
    let keys = Dictionary(
      zip(names.map { ExactString($0) }, SettingKeys.all), uniquingKeysWith: { first, _ in first })
    for (name, value) in environment.sorted(by: { $0.key < $1.key })
    where name.utf8.starts(with: SettingKeys.environmentPrefix.utf8) && !value.isEmpty {
      if let key = keys[ExactString(name)] {
        settings[key] = Setting(key: key, environmentValue: value)
        continue
      }
      var message = "unknown variable, ignored"
      if let nearest = Self.nearest(to: name, among: names) { message += "; did you mean \(nearest)?" }
      warnings.append(
        ConfigurationWarning(file: "environment", key: KeyText.printable(name), message: message))
    }
  }

  private static func nearest(to name: String, among names: [String]) -> String? {
    let prefix = SettingKeys.environmentPrefix.utf8.count
    let shortened = names.map { String($0.dropFirst(prefix)).lowercased() }
    return KeyText.nearest(to: String(name.dropFirst(prefix)), among: shortened)
      .map { SettingKeys.environmentPrefix + $0.uppercased() }
  }
}
