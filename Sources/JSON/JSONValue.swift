import Encoding

/// A JSON value (RFC 8259). Integers of up to 64 bits are exact, and the members of an object keep their order.
///
/// Strings and keys compare by their UTF-8 bytes, unlike `String`, which compares canonically.
public enum JSONValue: Sendable {
  /// `null`
  case null
  /// `true` or `false`
  case bool(Bool)
  /// A number without fraction and exponent in the range of `Int64`.
  case integer(Int64)
  /// A number without fraction and exponent, from `Int64.max + 1` to `UInt64.max`.
  case unsigned(UInt64)
  /// Any other number. The parser clamps numbers beyond the range of `Double` to its finite limits.
  case number(Double)
  /// A string. The parser replaces lone surrogates with U+FFFD.
  case string(String)
  /// An array.
  case array([JSONValue])
  /// An object.
  case object(JSONObject)
}

extension JSONValue {
  /// The string, or nil for any other kind of value.
  public var stringValue: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The boolean, or nil for any other kind of value.
  public var boolValue: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The members, or nil for any other kind of value.
  public var objectValue: JSONObject? {
    if case .object(let value) = self { value } else { nil }
  }

  /// The elements, or nil for any other kind of value.
  public var arrayValue: [JSONValue]? {
    if case .array(let value) = self { value } else { nil }
  }

  /// The number as `Int64` if that is exact (`30` and `30.0` alike), otherwise nil.
  public var integerValue: Int64? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int64(exactly: value)
    case .null, .bool, .unsigned, .string, .array, .object: nil
    }
  }

  /// The number as `UInt64`, without its fraction; nil for a negative number and for any other kind of value. Numbers that are
  /// too large are clamped.
  public var unsignedValue: UInt64? {
    switch self {
    case .integer(let value): UInt64(exactly: value)
    case .unsigned(let value): value
    case .number(let value): value >= 0 ? value < 0x1p64 ? UInt64(value) : .max : nil
    case .null, .bool, .string, .array, .object: nil
    }
  }

  /// The number as `Double`, rounded if necessary, or nil for any other kind of value.
  public var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .number(let value): value
    case .null, .bool, .string, .array, .object: nil
    }
  }

  /// The kind of value, with its article, for error messages.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer, .unsigned, .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSONValue {
  /// Creates an exact number.
  public init(_ value: UInt64) {
    self = Int64(exactly: value).map(JSONValue.integer) ?? .unsigned(value)
  }

  /// Creates an exact number.
  public init(_ value: Int) {
    self = .integer(Int64(value))
  }
}

extension JSONValue: Hashable {
  /// Compares strings and keys by their bytes.
  public static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.integer(let left), .integer(let right)): left == right
    case (.unsigned(let left), .unsigned(let right)): left == right
    case (.number(let left), .number(let right)): left == right
    case (.string(let left), .string(let right)): left.hasSameBytes(as: right)
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)): left == right
    case (.null, _), (.bool, _), (.integer, _), (.unsigned, _), (.number, _), (.string, _), (.array, _),
      (.object, _):
      false
    }
  }

  /// Hashes strings and keys by their bytes.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0 as UInt8)
    case .bool(let value):
      hasher.combine(1 as UInt8)
      hasher.combine(value)
    case .integer(let value):
      hasher.combine(2 as UInt8)
      hasher.combine(value)
    case .unsigned(let value):
      hasher.combine(3 as UInt8)
      hasher.combine(value)
    case .number(let value):
      hasher.combine(4 as UInt8)
      hasher.combine(value)
    case .string(let value):
      hasher.combine(5 as UInt8)
      hasher.combine(ExactString(value))
    case .array(let value):
      hasher.combine(6 as UInt8)
      hasher.combine(value)
    case .object(let value):
      hasher.combine(7 as UInt8)
      hasher.combine(value)
    }
  }
}

extension JSONValue {
  /// An estimate of the memory in use, in bytes.
  public var footprint: Int {
    switch self {
    case .null, .bool, .integer, .unsigned, .number: 16
    case .string(let text): 16 + text.utf8.count
    case .array(let elements): elements.reduce(16) { $0 + $1.footprint }
    case .object(let object): object.members.reduce(16) { $0 + $1.key.utf8.count + $1.value.footprint }
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByNilLiteral
{
  /// Creates a string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// Creates a number.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// Creates a boolean.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// Creates a number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// Creates an array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// Creates an object with the members in the order of the literal.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements.map { JSONObject.Member(key: $0.0, value: $0.1) }))
  }
  /// Creates `null`.
  public init(nilLiteral: ()) { self = .null }
}
