import Encoding

/// Encodes JSON (RFC 8259) into a byte array, without white space. A number that is not finite is written as `0`.
public struct JSONWriter {
  /// The encoded bytes so far.
  public private(set) var bytes: [UInt8] = []

  /// Creates a writer with room for `capacity` bytes.
  public init(capacity: Int = 512) {
    bytes.reserveCapacity(capacity)
  }

  /// Encodes a value.
  public static func encode(_ value: JSONValue) -> [UInt8] {
    var writer = JSONWriter()
    writer.write(value)
    return writer.bytes
  }

  /// Appends a value.
  public mutating func write(_ value: JSONValue) {
    switch value {
    case .null: write(literal: "null")
    case .bool(let value): write(literal: value ? "true" : "false")
    case .integer(let value): write(decimal: value.magnitude, isNegative: value < 0)
    case .unsigned(let value): write(decimal: value, isNegative: false)
    case .number(let value): write(number: value)
    case .string(let value): write(string: value)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        write(element)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in object.members.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        write(string: member.key)
        bytes.append(UInt8(ascii: ":"))
        write(member.value)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  /// Appends text without escaping.
  public mutating func write(literal: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  /// Appends a string, quoted and escaped.
  public mutating func write(string: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0x0A: write(literal: "\\n")
      case 0x0D: write(literal: "\\r")
      case 0x09: write(literal: "\\t")
      case 0..<0x20, 0x7F:
        write(literal: "\\u00")
        bytes.append(Hexadecimal.digit(byte >> 4))
        bytes.append(Hexadecimal.digit(byte))
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// The number of bytes that `write(string:)` appends for a text, quotes included.
  public static func encodedSize(of text: some Collection<UInt8>) -> Int {
    text.reduce(2) { $0 + encodedSize(of: $1) }
  }

  /// The number of bytes that a byte of text takes inside a string.
  public static func encodedSize(of byte: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x0A, 0x0D, 0x09: 2
    case 0..<0x20, 0x7F: 6
    default: 1
    }
  }

  private mutating func write(number value: Double) {
    guard value.isFinite else {
      bytes.append(UInt8(ascii: "0"))
      return
    }
    // Below 2^53 every whole number is exact.
    if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 {
      write(decimal: whole.magnitude, isNegative: whole < 0)
    } else {
      bytes.append(contentsOf: value.description.utf8)
    }
  }

  private mutating func write(decimal magnitude: UInt64, isNegative: Bool) {
    if isNegative { bytes.append(UInt8(ascii: "-")) }
    let start = bytes.count
    var rest = magnitude
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }
}
