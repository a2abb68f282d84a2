internal import Glibc

/// A time in UTC with milliseconds, encoded as in RFC 3339: `2026-01-02T03:04:05.678Z`.
struct LogTimestamp: Equatable {
  /// Seconds since 1970.
  var seconds: Int
  /// 0 to 999.
  var milliseconds: Int

  static func now() -> LogTimestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return LogTimestamp(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
  }

  func append(to bytes: inout [UInt8]) {
    let days = seconds.quotient(roundedDown: 86_400)
    let second = seconds - days * 86_400
    let date = Self.date(daysSince1970: days)
    append(date.year, 4, &bytes)
    bytes.append(UInt8(ascii: "-"))
    append(date.month, 2, &bytes)
    bytes.append(UInt8(ascii: "-"))
    append(date.day, 2, &bytes)
    bytes.append(UInt8(ascii: "T"))
    append(second / 3600, 2, &bytes)
    bytes.append(UInt8(ascii: ":"))
    append(second / 60 % 60, 2, &bytes)
    bytes.append(UInt8(ascii: ":"))
    append(second % 60, 2, &bytes)
    bytes.append(UInt8(ascii: "."))
    append(milliseconds, 3, &bytes)
    bytes.append(UInt8(ascii: "Z"))
  }

  /// The Gregorian date of a day. Years are counted from March, so that the leap day is the last day of a year; 400 years have
  /// 146 097 days.
  private static func date(daysSince1970: Int) -> (year: Int, month: Int, day: Int) {
    let day = daysSince1970 + 719_468
    let era = day.quotient(roundedDown: 146_097)
    let dayOfEra = day - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }

  private func append(_ value: Int, _ width: Int, _ bytes: inout [UInt8]) {
    var divisor = width == 4 ? 1000 : width == 3 ? 100 : 10
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
      divisor /= 10
    }
  }
}

extension Int {
  fileprivate func quotient(roundedDown divisor: Int) -> Int {
    self >= 0 ? self / divisor : (self - divisor + 1) / divisor
  }
}
