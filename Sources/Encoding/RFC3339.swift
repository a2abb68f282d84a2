/// Times as text (RFC 3339).
public enum RFC3339 {
  /// The unix seconds of a time such as `2026-11-24T17:33:09.123456789Z` or `…+01:00`.
  ///
  /// - Returns: nil when `text` is no such time.
  public static func seconds(_ text: String) -> Double? {
    let bytes = Array(text.utf8.prefix(64))
    guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
      let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), (1...12).contains(month),
      let day = number(bytes[8..<10]), (1...31).contains(day), let hour = number(bytes[11..<13]), hour < 24,
      let minute = number(bytes[14..<16]), minute < 60, let second = number(bytes[17..<19]), second <= 60
    else { return nil }
    var index = 19
    var fraction = 0.0
    if bytes[index] == UInt8(ascii: ".") {
      var scale = 0.1
      index += 1
      while index < bytes.count, (0x30...0x39).contains(bytes[index]) {
        fraction += Double(bytes[index] - 0x30) * scale
        scale /= 10
        index += 1
      }
    }
    guard let offset = offset(bytes[index...]) else { return nil }
    let time = UTCTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    return Double(time.unixSeconds - offset) + fraction
  }

  /// The text of unix seconds, in UTC with milliseconds. Clamped to the years 1 to 9999; 1970 when not finite.
  public static func text(_ seconds: Double) -> String {
    let clamped = seconds.isFinite ? min(max(seconds, -62_135_596_800), 253_402_300_799) : 0
    let milliseconds = Int((clamped * 1000).rounded(.down))
    let seconds = Int((Double(milliseconds) / 1000).rounded(.down))
    var bytes: [UInt8] = []
    append(seconds: seconds, milliseconds: milliseconds - seconds * 1000, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the text of a time in UTC: `2026-11-24T17:33:09.678Z`.
  ///
  /// - Parameters:
  ///   - seconds: Unix seconds, in the years 0 to 9999.
  ///   - milliseconds: 0 to 999.
  public static func append(seconds: Int, milliseconds: Int, to bytes: inout [UInt8]) {
    UTCTime(unixSeconds: seconds).append(to: &bytes)
    bytes.append(UInt8(ascii: "."))
    UTCTime.append(milliseconds, 3, to: &bytes)
    bytes.append(UInt8(ascii: "Z"))
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    var value = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      value = value * 10 + Int(digit - 0x30)
    }
    return value
  }

  /// Seconds east of Greenwich.
  private static func offset(_ zone: ArraySlice<UInt8>) -> Int? {
    guard let first = zone.first else { return nil }
    if first | 0x20 == UInt8(ascii: "z") { return zone.count == 1 ? 0 : nil }
    let start = zone.startIndex
    guard zone.count == 6, zone[start + 3] == UInt8(ascii: ":"),
      let hours = number(zone[(start + 1)..<(start + 3)]),
      let minutes = number(zone[(start + 4)..<(start + 6)])
    else { return nil }
    switch first {
    case UInt8(ascii: "+"): return (hours * 60 + minutes) * 60
    case UInt8(ascii: "-"): return -(hours * 60 + minutes) * 60
    default: return nil
    }
  }
}
