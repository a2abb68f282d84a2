/// A second of Coordinated Universal Time in the proleptic Gregorian calendar.
public struct UTCTime: Sendable, Equatable {
  /// The year, where 0 is the year before 1.
  public var year: Int
  /// 1 to 12.
  public var month: Int
  /// 1 to 31.
  public var day: Int
  /// 0 to 23.
  public var hour: Int
  /// 0 to 59.
  public var minute: Int
  /// 0 to 59; 60 is read as the first second of the next minute.
  public var second: Int

  /// A time by its parts, which are not checked.
  public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// The time of a unix second.
  public init(unixSeconds seconds: Int) {
    let days = seconds.quotient(roundedDown: 86_400)
    let rest = seconds - days * 86_400
    // Years begin in March, so that the leap day is the last; 400 of them always have 146,097 days.
    let shifted = days + Self.daysToMarchOfYear0
    let era = shifted.quotient(roundedDown: Self.daysOf400Years)
    let dayOfEra = shifted - era * Self.daysOf400Years
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    hour = rest / 3600
    minute = rest / 60 % 60
    second = rest % 60
  }

  /// The unix second.
  public var unixSeconds: Int {
    let shifted = month > 2 ? year : year - 1
    let era = shifted.quotient(roundedDown: 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let days =
      era * Self.daysOf400Years + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
      - Self.daysToMarchOfYear0
    return ((days * 24 + hour) * 60 + minute) * 60 + second
  }

  private static let daysOf400Years = 146_097
  /// From March 1 of the year 0 to January 1, 1970.
  private static let daysToMarchOfYear0 = 719_468

  /// Appends `2026-11-24T17:33:09`.
  func append(to bytes: inout [UInt8]) {
    Self.append(year, 4, to: &bytes)
    bytes.append(UInt8(ascii: "-"))
    Self.append(month, 2, to: &bytes)
    bytes.append(UInt8(ascii: "-"))
    Self.append(day, 2, to: &bytes)
    bytes.append(UInt8(ascii: "T"))
    Self.append(hour, 2, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    Self.append(minute, 2, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    Self.append(second, 2, to: &bytes)
  }

  /// Appends the last digits of a number.
  static func append(_ value: Int, _ digits: Int, to bytes: inout [UInt8]) {
    var divisor = digits == 4 ? 1000 : digits == 3 ? 100 : 10
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
