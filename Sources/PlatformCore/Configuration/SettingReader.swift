import Encoding
import PlatformAPI

/// Converts settings to typed values; nil for an absent key.
struct SettingReader {
  let settings: [String: Setting]
  /// The folder that relative file names are resolved against.
  let folder: String
  /// The file that errors about missing keys name.
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

  /// A file name, made absolute.
  func path(_ key: String) throws(PlatformConfigurationError) -> String? {
    try text(key).map { AbsolutePath.isAbsolute($0) ? $0 : folder + "/" + $0 }
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

  /// One of a few words, in any case.
  func choice<Value>(
    _ key: String, _ choices: KeyValuePairs<String, Value>, default value: Value
  ) throws(PlatformConfigurationError) -> Value {
    guard let setting = settings[key], let text = try text(key) else { return value }
    if let found = choices.first(where: { $0.key.hasSameBytes(as: text.asciiLowercased) }) {
      return found.value
    }
    throw setting.error(
      "must be one of \(choices.map(\.key).joined(separator: ", ")), not \(Self.quoted(text))")
  }

  /// A value, shortened and without control characters for a message.
  static func quoted(_ value: String) -> String {
    var text = ""
    for scalar in value.unicodeScalars.prefix(48) {
      text.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? "?" : scalar)
    }
    return value.unicodeScalars.count > 48 ? "\"\(text)…\"" : "\"\(text)\""
  }
}
