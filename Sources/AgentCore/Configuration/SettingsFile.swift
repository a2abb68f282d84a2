import ConfigurationFiles
import Encoding

/// The untyped settings of an `agent.yaml`.
struct SettingsFile: Sendable {
  var settings: [String: Setting] = [:]
  var warnings: [ConfigurationWarning] = []
  /// The content of the file.
  private(set) var bytes: [UInt8] = []

  /// Reads a file.
  ///
  /// - Throws: ``ConfigurationError`` when the file is absent, unreadable or not YAML, or a section is not a mapping.
  init(path: String) throws(ConfigurationError) {
    let file: FileBytes
    do throws(FileBytes.Problem) {
      file = try FileBytes(path: path)
    } catch {
      switch error {
      case .absent: throw ConfigurationError(file: path, message: "there is no such file")
      case .unreadable(let problem): throw ConfigurationError(file: path, message: problem)
      }
    }
    try self.init(bytes: file.bytes, path: path)
    addWarnings(file, path: path)
  }

  /// Parses the content of a file.
  init(bytes: [UInt8], path: String) throws(ConfigurationError) {
    self.bytes = bytes
    let root: YAMLNode?
    let further: [YAMLNode]
    do throws(YAMLError) {
      (root, further) = try YAMLReader.read(bytes, refusesDuplicateKeys: true)
    } catch {
      throw ConfigurationError(file: path, line: error.line, message: error.message)
    }
    if !further.isEmpty {
      warnings.append(
        ConfigurationWarning(file: path, message: "more than one document (---); only the first is read"))
    }
    guard let root else { return }
    guard let entries = root.entries else {
      throw ConfigurationError(
        file: path, line: root.line, message: "must hold sections such as nats: and agent:, not \(root.kind)")
    }
    try add(entries, prefix: "", path: path)
    if settings["agent.allowed_operations"] == nil, let other = further.first(where: { $0["agent"] != nil }) {
      // The list may be in an ignored document, and the default would allow more.
      throw ConfigurationError(
        file: path, line: other.line, key: "agent",
        message:
          "is not in the first document, and others (---) are not used; put all settings into one document")
    }
  }

  private mutating func add(
    _ entries: [YAMLNode.Entry], prefix: String, path: String
  ) throws(ConfigurationError) {
    for entry in entries {
      let key = prefix + entry.key.asciiLowercased
      if SettingKeys.isSection(key) {
        if let inner = entry.value.entries {
          try add(inner, prefix: key + ".", path: path)
        } else if !entry.value.isNull {
          throw ConfigurationError(
            file: path, line: entry.line, key: key,
            message: "must hold keys, indented on the lines below it, not \(entry.value.kind)")
        }
      } else if SettingKeys.isKnown(key) {
        var setting = Setting(key: key, value: entry.value, file: path)
        if entry.value.isNull { setting.value.line = entry.line }
        guard settings.updateValue(setting, forKey: key) == nil else {
          throw ConfigurationError(
            file: path, line: entry.line, key: key, message: "is there twice; keep one of them")
        }
      } else {
        warnings.append(unknown(key, entry, path: path))
      }
    }
  }

  private func unknown(_ key: String, _ entry: YAMLNode.Entry, path: String) -> ConfigurationWarning {
    var message = "unknown key, ignored"
    let beforeColon = key.prefix { $0 != ":" }
    if beforeColon.count < key.count {
      message += "; is a blank missing after the colon?"
    } else if let nearest = KeyText.nearest(to: key, among: SettingKeys.all + SettingKeys.sections.sorted()) {
      message += "; did you mean \(nearest)?"
    }
    return ConfigurationWarning(
      file: path, line: entry.line, key: KeyText.printable(key), message: message)
  }

  private mutating func addWarnings(_ file: FileBytes, path: String) {
    let mode = file.mode
    let status = FileOwnership.Status(path: path, owner: file.owner, group: file.group, mode: mode)
    if let problem = FileOwnership.problem(of: status) {
      warnings.append(ConfigurationWarning(file: path, message: problem))
    }
    if mode & 0o022 != 0 {
      warnings.append(
        ConfigurationWarning(
          file: path,
          message: "can be changed by others than its owner (mode \(octal(mode))), who could widen the "
            + "allowlists; chmod 0600 advised"))
    }
    guard mode & 0o004 != 0, let key = settings["nats.api_key"]?.value.text, !key.isEmpty else { return }
    warnings.append(
      ConfigurationWarning(
        file: path, key: "nats.api_key",
        message: "can be read by everyone (mode \(octal(mode))); chmod 0600 advised"))
  }

  private func octal(_ mode: UInt32) -> String {
    let digits = String(mode & 0o777, radix: 8)
    return String(repeating: "0", count: 4 - digits.utf8.count) + digits
  }
}
