/// Turns settings into typed values; nil for a key that is absent.
struct SettingReader {
  let settings: [String: Setting]
  /// What relative file names are relative to.
  let folder: String
  /// What is named when a key that has to be there is not.
  let file: String

  func text(_ key: String) throws(PlatformConfigurationError) -> String? {
    guard let setting = settings[key] else { return nil }
    guard let text = setting.text else { throw setting.error("must be a single value") }
    return text.isEmpty ? nil : text
  }

  func required(_ key: String, _ hint: String) throws(PlatformConfigurationError) -> String {
    if let text = try text(key) { return text }
    throw PlatformConfigurationError(file: file, key: key, "is missing; \(hint)")
  }

  /// A file name; a relative one is made absolute.
  func path(_ key: String) throws(PlatformConfigurationError) -> String? {
    try text(key).map { $0.hasPrefix("/") ? $0 : folder + "/" + $0 }
  }

  func duration(
    _ key: String, in range: ClosedRange<Duration>, default value: Duration
  ) throws(PlatformConfigurationError) -> Duration {
    guard let setting = settings[key], let text = try text(key) else { return value }
    guard let duration = MeasureText.duration(text) else {
      throw setting.error("must be a length of time such as 30s, 15m, 1h30m or 7d, not \(Self.quoted(text))")
    }
    guard range.contains(duration) else {
      throw setting.error(
        "must be from \(MeasureText.text(range.lowerBound)) to \(MeasureText.text(range.upperBound)), "
          + "not \(Self.quoted(text))")
    }
    return duration
  }

  func bytes(
    _ key: String, in range: ClosedRange<Int64>, default value: Int64
  ) throws(PlatformConfigurationError) -> Int64 {
    guard let setting = settings[key], let text = try text(key) else { return value }
    guard let bytes = MeasureText.bytes(text) else {
      throw setting.error("must be a size such as 256MiB or 1GiB, not \(Self.quoted(text))")
    }
    guard range.contains(bytes) else {
      throw setting.error("must be from \(range.lowerBound) to \(range.upperBound) bytes, not \(bytes)")
    }
    return bytes
  }

  func integer(
    _ key: String, in range: ClosedRange<Int>, default value: Int
  ) throws(PlatformConfigurationError) -> Int {
    guard let setting = settings[key], let text = try text(key) else { return value }
    guard let number = Int(text), range.contains(number) else {
      throw setting.error(
        "must be a whole number from \(range.lowerBound) to \(range.upperBound), not \(Self.quoted(text))")
    }
    return number
  }

  /// A word out of a few, capitals ignored.
  func choice<Value>(
    _ key: String, _ choices: KeyValuePairs<String, Value>, default value: Value
  ) throws(PlatformConfigurationError) -> Value {
    guard let setting = settings[key], let text = try text(key) else { return value }
    if let found = choices.first(where: { $0.key == text.lowercased() }) { return found.value }
    throw setting.error(
      "must be one of \(choices.map(\.key).joined(separator: ", ")), not \(Self.quoted(text))")
  }

  /// A value fit for a message.
  static func quoted(_ value: String) -> String {
    var text = ""
    for scalar in value.unicodeScalars.prefix(48) {
      text.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? "?" : scalar)
    }
    return value.unicodeScalars.count > 48 ? "\"\(text)…\"" : "\"\(text)\""
  }
}
