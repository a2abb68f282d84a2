/// The file in use, as far as a newly read one is compared with it: a file that was emptied or cut off while it was written must
/// not bring back defaults that allow more.
struct SettingsInUse: Sendable {
  /// The keys whose absence allows more than some of their values, or is the sign of a damaged file.
  static let guardedKeys = [
    "agent.allowed_operations", "agent.allowed_commands", "autoheal.enabled", "autoheal.units",
    "autoheal.exclude",
  ]

  private let keys: Set<String>
  private let hadSettings: Bool
  private let bytes: [UInt8]

  /// Remembers what was read.
  ///
  /// - Parameters:
  ///   - settings: of file and environment.
  ///   - file: nil when none was found.
  init(settings: [String: Setting], file: SettingsFile?) {
    keys = Set(settings.keys)
    hadSettings = file?.settings.isEmpty == false
    bytes = file?.bytes ?? []
  }

  /// Checks that a file can take the place of the one in use.
  ///
  /// - Throws: ``ConfigurationError`` that names what was lost.
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
