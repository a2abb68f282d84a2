/// Checks a reloaded file against the configuration in use. A file that was truncated while it was written must not restore
/// defaults that allow more.
struct ReloadGuard: Sendable {
  /// The keys that must not disappear: without them more is allowed, or the file is damaged.
  static let guardedKeys = [
    "agent.allowed_operations", "agent.allowed_commands", "autoheal.enabled", "autoheal.units",
    "autoheal.exclude",
  ]

  private let keys: Set<String>
  private let hadSettings: Bool
  private let bytes: [UInt8]

  /// Records the configuration after a successful load.
  ///
  /// - Parameters:
  ///   - settings: The merged settings of file and environment.
  ///   - file: The file; nil when none was found.
  init(settings: [String: Setting], file: SettingsFile?) {
    keys = Set(settings.keys)
    hadSettings = file?.settings.isEmpty == false
    bytes = file?.bytes ?? []
  }

  /// Checks that a file may replace the one in use.
  ///
  /// - Throws: ``ConfigurationError`` that names the missing part.
  func check(_ file: SettingsFile, settings: [String: Setting], path: String) throws(ConfigurationError) {
    if hadSettings, file.settings.isEmpty {
      throw ConfigurationError(file: path, message: "holds no settings any more; write them again")
    }
    if file.bytes.count < bytes.count, bytes.starts(with: file.bytes),
      !bytes[file.bytes.count...].allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) })
    {
      throw ConfigurationError(
        file: path,
        message:
          "is only the first \(file.bytes.count) of the \(bytes.count) bytes in use: it was cut off; write "
          + "it again, or restart the agent if it is meant to end there")
    }
    for key in Self.guardedKeys where keys.contains(key) && settings[key] == nil {
      let isList = key != "autoheal.enabled"
      throw ConfigurationError(
        file: path, key: key,
        message:
          "is gone from the file; write \(isList ? "[] for an empty list" : "true or false"), or restart "
          + "the agent if its default is meant")
    }
  }
}
