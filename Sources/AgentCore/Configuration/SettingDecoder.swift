import Encoding

/// Decodes settings into typed values. Each method returns `nil` for a key that is absent or null.
struct SettingDecoder {
  private let settings: [String: Setting]
  private(set) var warnings: [ConfigurationWarning] = []

  /// - Parameter settings: The settings by key, those of the environment merged over those of the file.
  init(_ settings: [String: Setting]) {
    self.settings = settings
  }

  mutating func warn(_ warning: ConfigurationWarning) {
    warnings.append(warning)
  }

  /// The setting of a key, unless it is null.
  func setting(_ key: String) -> Setting? {
    settings[key].flatMap { $0.value.isNull ? nil : $0 }
  }

  func string(_ key: String) throws(ConfigurationError) -> String? {
    guard let setting = setting(key) else { return nil }
    return try text(of: setting)
  }

  /// A text; `nil` when it is empty.
  func nonEmpty(_ key: String) throws(ConfigurationError) -> String? {
    guard let text = try string(key), !text.isEmpty else { return nil }
    return text
  }

  /// A path; `nil` when it is empty.
  func path(_ key: String, mustBeAbsolute: Bool = false) throws(ConfigurationError) -> String? {
    guard let setting = setting(key) else { return nil }
    let path = try text(of: setting)
    if path.isEmpty { return nil }
    guard !path.utf8.contains(0) else { throw setting.error("a path can't hold a NUL byte") }
    guard !mustBeAbsolute || path.utf8.first == UInt8(ascii: "/") else {
      throw setting.error("\(KeyText.quoted(path)) is not an absolute path; it must begin with /")
    }
    return path
  }

  func bool(_ key: String) throws(ConfigurationError) -> Bool? {
    guard let setting = setting(key) else { return nil }
    switch try text(of: setting).asciiLowercased {
    case "true", "yes", "on", "1", "t", "y": return true
    case "false", "no", "off", "0", "f", "n": return false
    default: throw setting.error("must be true or false, not \(shown(setting))")
    }
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(ConfigurationError) -> Int? {
    guard let setting = setting(key) else { return nil }
    guard let value = Int(try text(of: setting)) else {
      throw setting.error("must be a whole number, not \(shown(setting))")
    }
    guard range.contains(value) else {
      throw setting.error("must be between \(range.lowerBound) and \(range.upperBound), not \(value)")
    }
    return value
  }

  /// One of several words, compared without case.
  func choice<Value>(_ key: String, _ choices: [(name: String, value: Value)]) throws(ConfigurationError)
    -> Value?
  {
    guard let setting = setting(key) else { return nil }
    let word = try text(of: setting).asciiLowercased
    if let found = choices.first(where: { $0.name.hasSameBytes(as: word) }) { return found.value }
    let names = choices.map(\.name).joined(separator: ", ")
    throw setting.error("must be one of \(names), not \(shown(setting))")
  }

  func duration(_ key: String, atLeast least: Duration) throws(ConfigurationError) -> Duration? {
    guard let setting = setting(key) else { return nil }
    return try duration(of: setting, setting.value, atLeast: least)
  }

  /// A duration from `least` to 24 h.
  func duration(
    of setting: Setting, _ node: YAMLNode, atLeast least: Duration
  ) throws(ConfigurationError) -> Duration {
    guard let text = node.text else {
      throw setting.error("must be a length of time such as 30s, not \(node.kind)", at: node)
    }
    let duration: Duration
    do throws(DurationText.Problem) {
      duration = try DurationText.parse(text)
    } catch {
      let quoted = KeyText.quoted(text)
      switch error {
      case .malformed:
        throw setting.error(
          "\(quoted) is no length of time; write 500ms, 30s, 5m or 1h30m, or a number of seconds", at: node)
      case .negative: throw setting.error("\(quoted) is negative", at: node)
      case .tooLong: throw setting.error("\(quoted) is too long; the most is 24h", at: node)
      }
    }
    guard duration >= least else {
      throw setting.error(
        "\(KeyText.quoted(text)) is too short; the least is \(least.components.seconds)s", at: node)
    }
    guard duration <= .seconds(86_400) else {
      throw setting.error("\(KeyText.quoted(text)) is too long; the most is 24h", at: node)
    }
    return duration
  }

  /// The items of a list. A single text is split at commas, as in the environment. Null is an empty list.
  func list(_ key: String) throws(ConfigurationError) -> (setting: Setting, items: [YAMLNode])? {
    guard let setting = settings[key] else { return nil }
    if setting.value.isNull { return (setting, []) }
    if let items = setting.value.items { return (setting, items.filter { !$0.isNull }) }
    guard let text = setting.value.text else {
      throw setting.error("must be a list, a line with - for each item, not \(setting.value.kind)")
    }
    let items = URLText.list(text).map {
      YAMLNode(content: .scalar($0, isPlain: false), line: setting.value.line)
    }
    return (setting, items)
  }

  /// A list of texts.
  func strings(_ key: String) throws(ConfigurationError) -> (
    setting: Setting, items: [(text: String, node: YAMLNode)]
  )? {
    guard let (setting, nodes) = try list(key) else { return nil }
    var items: [(text: String, node: YAMLNode)] = []
    for node in nodes {
      guard let text = node.text else {
        throw setting.error("each item must be a single value, not \(node.kind)", at: node)
      }
      if !text.isEmpty { items.append((text, node)) }
    }
    return (setting, items)
  }

  private func text(of setting: Setting) throws(ConfigurationError) -> String {
    guard let text = setting.value.text else {
      throw setting.error("must be a single value, not \(setting.value.kind)")
    }
    return text
  }

  private func shown(_ setting: Setting) -> String {
    KeyText.quoted(setting.value.text ?? setting.value.kind)
  }
}
