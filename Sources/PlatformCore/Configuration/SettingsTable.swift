import Encoding
import PlatformAPI
import Yams

/// The settings of a `platform.yaml` and of the environment, before they are converted to types.
struct SettingsTable: Sendable {
  private(set) var settings: [String: Setting] = [:]
  private(set) var warnings: [PlatformConfigurationError] = []

  /// Reads the text of a file.
  ///
  /// - Throws: ``PlatformConfigurationError`` when it is not YAML, or a section has no keys.
  init(yaml: String, file: String) throws(PlatformConfigurationError) {
    let root: Node?
    do {
      root = try Yams.compose(yaml: yaml)
    } catch {
      throw Self.unreadable(error, file)
    }
    guard let root, root.null == nil else { return }
    guard let mapping = root.mapping else {
      throw PlatformConfigurationError(file: file, "must hold sections such as nats: and callout:")
    }
    try add(mapping, prefix: "", file: file)
  }

  /// Applies the environment variables.
  mutating func override(with environment: [String: String]) {
    let current = SettingKeys.all.map { (ExactString(SettingKeys.environmentName($0)), $0) }
    let former = SettingKeys.all.compactMap { key in
      SettingKeys.former(key).map { (ExactString(SettingKeys.environmentName($0)), key) }
    }
    let keys = Dictionary(current, uniquingKeysWith: { first, _ in first })
    let formerKeys = Dictionary(former, uniquingKeysWith: { first, _ in first })
    for (name, value) in environment.sorted(by: { $0.key < $1.key })
    where name.hasBytePrefix(SettingKeys.environmentPrefix) {
      if let key = keys[ExactString(name)] {
        settings[key] = Setting(key: key, name: name, text: value, file: SettingKeys.environment)
      } else if let key = formerKeys[ExactString(name)] {
        guard environment[SettingKeys.environmentName(key)] == nil else { continue }
        settings[key] = Setting(key: key, name: name, text: value, file: SettingKeys.environment)
      } else {
        let nearest = NearestName.of(name, among: keys.keys.map(\.text.asciiLowercased).sorted())
        warnings.append(
          PlatformConfigurationError(
            file: SettingKeys.environment, key: Self.printable(name), Self.unknown(nearest?.uppercased())))
      }
    }
  }

  private mutating func add(
    _ mapping: Node.Mapping, prefix: String, file: String
  ) throws(PlatformConfigurationError) {
    for (name, value) in mapping {
      let line = (name.mark ?? value.mark)?.line
      guard let leaf = name.scalar?.string else {
        throw PlatformConfigurationError(file: file, line: line, "a key must be a scalar")
      }
      let written = prefix + leaf.asciiLowercased
      let key = SettingKeys.current(written)
      if SettingKeys.sections.contains(key) {
        if let inner = value.mapping {
          try add(inner, prefix: written + ".", file: file)
        } else if value.null == nil {
          throw PlatformConfigurationError(
            file: file, line: line, key: written, "must hold keys, indented on the lines below it")
        }
      } else if SettingKeys.all.contains(key) {
        guard value.null == nil else { continue }
        // The current spelling takes precedence over a former one.
        if written != key, settings[key] != nil { continue }
        settings[key] = Setting(key: key, name: written, text: value.scalar?.string, file: file, line: line)
      } else {
        let candidates = SettingKeys.all + SettingKeys.sections.sorted()
        warnings.append(
          PlatformConfigurationError(
            file: file, line: line, key: Self.printable(written),
            Self.unknown(NearestName.of(key, among: candidates))))
      }
    }
  }

  private static func unknown(_ nearest: String?) -> String {
    "unknown, ignored" + (nearest.map { "; did you mean \($0)?" } ?? "")
  }

  /// A key, shortened and without control characters. Drops everything after a colon: that may be a secret whose
  /// blank was forgotten.
  private static func printable(_ key: String) -> String {
    var text = ""
    for scalar in key.unicodeScalars.prefix(80) {
      if scalar == ":" { return text + ":…" }
      text.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? "?" : scalar)
    }
    return text
  }

  private static func unreadable(_ error: any Error, _ file: String) -> PlatformConfigurationError {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      PlatformConfigurationError(file: file, line: mark.line, "is not valid YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      PlatformConfigurationError(
        file: file, line: context.mark.line,
        "there twice: \(duplicates.map { printable($0) }.joined(separator: ", ")); keep one of them")
    default:
      PlatformConfigurationError(file: file, "is not valid YAML")
    }
  }
}

/// The value of a key, with its source.
struct Setting: Sendable {
  /// The dotted key.
  var key: String
  /// The key or variable as it is written, which may be a former spelling.
  var name: String
  /// The text; nil for a list or mapping.
  var text: String?
  /// The file, or `environment`.
  var file: String
  /// The line in the file.
  var line: Int?

  /// Creates an error about the setting.
  func error(_ message: String) -> PlatformConfigurationError {
    PlatformConfigurationError(file: file, line: line, key: name, message)
  }
}
