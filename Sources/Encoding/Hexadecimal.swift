/// Hexadecimal digits: written in lower case, read in either case.
public enum Hexadecimal {
  /// The ASCII digit of the low four bits of a value.
  @inlinable
  public static func digit(_ value: UInt8) -> UInt8 {
    let value = value & 15
    return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  /// The value of an ASCII digit; nil for any other byte.
  @inlinable
  public static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// Two digits a byte.
  @inlinable
  public static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var digits: [UInt8] = []
    for byte in bytes {
      digits.append(digit(byte >> 4))
      digits.append(digit(byte))
    }
    return String(decoding: digits, as: UTF8.self)
  }

  /// The digits of a number, with leading zeros.
  ///
  /// - Parameter width: The least number of digits; by default as many as the type can have.
  public static func text<Number: FixedWidthInteger & UnsignedInteger>(
    _ number: Number, width: Int = Number.bitWidth / 4
  ) -> String {
    var digits: [UInt8] = []
    var rest = number
    while rest > 0 || digits.count < width {
      digits.append(digit(UInt8(truncatingIfNeeded: rest)))
      rest >>= 4
    }
    return String(decoding: digits.reversed(), as: UTF8.self)
  }
}
