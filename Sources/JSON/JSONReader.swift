import Encoding

/// A pull parser for JSON (RFC 8259) from untrusted sources.
///
/// `skipValue` and `readObject` do not recurse, so that the depth of nesting is not limited by the stack. `readValue` builds a tree
/// and limits its depth to ``maximumDepth``. The initialiser validates UTF-8 for the whole input.
public struct JSONReader: ~Copyable {
  /// The greatest depth of a tree that `readValue` builds.
  public static let maximumDepth = 64

  private let bytes: [UInt8]
  private var position: Int
  private let end: Int

  /// Creates a reader at the beginning of `bytes`.
  ///
  /// - Throws: ``JSONError`` `.invalidUTF8`.
  public init(_ bytes: [UInt8]) throws(JSONError) {
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      throw JSONError(.invalidUTF8, at: error.byteOffsets.lowerBound)
    }
    self.bytes = bytes
    self.position = 0
    self.end = bytes.count
  }

  /// Reads the only value of `bytes`.
  ///
  /// - Throws: ``JSONError``.
  public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    var reader = try JSONReader(bytes)
    let value = try reader.readValue()
    try reader.expectEnd()
    return value
  }

  /// Checks that only white space is left.
  ///
  /// - Throws: ``JSONError`` `.trailingBytes`.
  public mutating func expectEnd() throws(JSONError) {
    skipWhitespace()
    if position < end { throw JSONError(.trailingBytes, at: position) }
  }

  /// Reads an object. `visit` is called for each key and must read or skip exactly one value.
  ///
  /// - Throws: ``JSONError``; `.notAnObject` when the next value is of another kind.
  public mutating func readObject(
    _ visit: (_ key: String, _ reader: inout JSONReader) throws(JSONError) -> Void
  ) throws(JSONError) {
    skipWhitespace()
    guard try peek() == UInt8(ascii: "{") else { throw JSONError(.notAnObject, at: position) }
    position += 1
    skipWhitespace()
    if try peek() == UInt8(ascii: "}") {
      position += 1
      return
    }
    while true {
      let key = try readKey()
      try visit(key, &self)
      skipWhitespace()
      switch try peek() {
      case UInt8(ascii: ","):
        position += 1
        skipWhitespace()
      case UInt8(ascii: "}"):
        position += 1
        return
      default: throw JSONError(.unexpectedByte, at: position)
      }
    }
  }

  /// Reads the next value.
  ///
  /// - Throws: ``JSONError``; `.tooDeep` beyond ``maximumDepth`` levels.
  public mutating func readValue() throws(JSONError) -> JSONValue {
    try readValue(depth: 0)
  }

  /// Reads the next value if it is a scalar. An array or an object of any depth is skipped, and an empty one is returned.
  public mutating func readShallowValue() throws(JSONError) -> JSONValue {
    skipWhitespace()
    switch try peek() {
    case UInt8(ascii: "{"):
      try skipValue()
      return .object(JSONObject())
    case UInt8(ascii: "["):
      try skipValue()
      return .array([])
    case UInt8(ascii: "\""): return .string(try readString())
    default: return try readScalar()
    }
  }

  /// Skips the next value as ``skipValue()`` does, and returns its bytes.
  public mutating func rawValue() throws(JSONError) -> ArraySlice<UInt8> {
    skipWhitespace()
    let start = position
    try skipValue()
    return bytes[start..<position]
  }

  /// Skips the next value. The grammar is checked at any depth.
  public mutating func skipValue() throws(JSONError) {
    // An entry for each open container: true for an object, false for an array.
    var open: [Bool] = []
    repeat {
      skipWhitespace()
      switch try peek() {
      case UInt8(ascii: "{"):
        position += 1
        skipWhitespace()
        if try peek() == UInt8(ascii: "}") {
          position += 1
        } else {
          open.append(true)
          try skipKey()
          continue
        }
      case UInt8(ascii: "["):
        position += 1
        skipWhitespace()
        if try peek() == UInt8(ascii: "]") {
          position += 1
        } else {
          open.append(false)
          continue
        }
      case UInt8(ascii: "\""): _ = try scanString()
      default: _ = try readScalar()
      }
      // After a value: close containers that end here, or go on to the next element.
      closing: while let isObject = open.last {
        skipWhitespace()
        switch (try peek(), isObject) {
        case (UInt8(ascii: ","), true):
          position += 1
          skipWhitespace()
          try skipKey()
          break closing
        case (UInt8(ascii: ","), false):
          position += 1
          break closing
        case (UInt8(ascii: "}"), true), (UInt8(ascii: "]"), false):
          position += 1
          open.removeLast()
        default: throw JSONError(.unexpectedByte, at: position)
        }
      }
    } while !open.isEmpty
  }

  private mutating func readValue(depth: Int) throws(JSONError) -> JSONValue {
    skipWhitespace()
    switch try peek() {
    case UInt8(ascii: "{"):
      guard depth < Self.maximumDepth else { throw JSONError(.tooDeep, at: position) }
      var object = JSONObject()
      try readObject { (key, reader) throws(JSONError) in
        object.append(key, try reader.readValue(depth: depth + 1))
      }
      return .object(object)
    case UInt8(ascii: "["):
      guard depth < Self.maximumDepth else { throw JSONError(.tooDeep, at: position) }
      return .array(try readElements(depth: depth))
    case UInt8(ascii: "\""): return .string(try readString())
    default: return try readScalar()
    }
  }

  private mutating func readElements(depth: Int) throws(JSONError) -> [JSONValue] {
    position += 1
    skipWhitespace()
    if try peek() == UInt8(ascii: "]") {
      position += 1
      return []
    }
    var elements: [JSONValue] = []
    while true {
      elements.append(try readValue(depth: depth + 1))
      skipWhitespace()
      switch try peek() {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "]"):
        position += 1
        return elements
      default: throw JSONError(.unexpectedByte, at: position)
      }
    }
  }

  private mutating func readKey() throws(JSONError) -> String {
    guard try peek() == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: position) }
    let key = try readString()
    try skipColon()
    return key
  }

  private mutating func skipKey() throws(JSONError) {
    guard try peek() == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: position) }
    _ = try scanString()
    try skipColon()
  }

  private mutating func skipColon() throws(JSONError) {
    skipWhitespace()
    guard try peek() == UInt8(ascii: ":") else { throw JSONError(.unexpectedByte, at: position) }
    position += 1
  }

  // MARK: Strings

  private mutating func readString() throws(JSONError) -> String {
    let (range, hasEscapes) = try scanString()
    return hasEscapes
      ? Self.unescape(bytes[range])
      : String(decoding: bytes[range], as: UTF8.self)
  }

  /// Validates a string and skips it. The range excludes the quotes.
  private mutating func scanString() throws(JSONError) -> (range: Range<Int>, hasEscapes: Bool) {
    position += 1
    let start = position
    var hasEscapes = false
    while true {
      switch try peek() {
      case UInt8(ascii: "\""):
        position += 1
        return (start..<(position - 1), hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        position += 1
        try scanEscape()
      case 0..<0x20: throw JSONError(.invalidString, at: position)
      default: position += 1
      }
    }
  }

  private mutating func scanEscape() throws(JSONError) {
    switch try peek() {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 1
    case UInt8(ascii: "u"):
      position += 1
      for _ in 0..<4 {
        guard Hexadecimal.value(of: try peek()) != nil else { throw JSONError(.invalidString, at: position) }
        position += 1
      }
    default: throw JSONError(.invalidString, at: position)
    }
  }

  /// Replaces the escape sequences of a string that `scanString` has validated.
  private static func unescape(_ text: ArraySlice<UInt8>) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = text.startIndex

    func codeUnit(at start: Int) -> UInt32 {
      var value: UInt32 = 0
      for offset in start..<(start + 4) {
        value = value << 4 | UInt32(Hexadecimal.value(of: text[offset]) ?? 0)
      }
      return value
    }

    while index < text.endIndex {
      let byte = text[index]
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        index += 1
        continue
      }
      index += 2
      switch text[index - 1] {
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "u"):
        var scalar = codeUnit(at: index)
        index += 4
        if (0xD800..<0xDC00).contains(scalar), index + 6 <= text.endIndex,
          text[index] == UInt8(ascii: "\\"), text[index + 1] == UInt8(ascii: "u")
        {
          let low = codeUnit(at: index + 2)
          if (0xDC00..<0xE000).contains(low) {
            scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
            index += 6
          }
        }
        result.append(contentsOf: String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
      case let literal: result.append(literal)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  // MARK: Scalars

  private mutating func readScalar() throws(JSONError) -> JSONValue {
    switch try peek() {
    case UInt8(ascii: "t"):
      try expect("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try expect("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try expect("null")
      return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try readNumber()
    default: throw JSONError(.unexpectedByte, at: position)
    }
  }

  private mutating func expect(_ word: StaticString) throws(JSONError) {
    for offset in 0..<word.utf8CodeUnitCount {
      guard try peek() == word.utf8Start[offset] else { throw JSONError(.unexpectedByte, at: position) }
      position += 1
    }
  }

  private mutating func readNumber() throws(JSONError) -> JSONValue {
    let start = position
    var isWhole = true
    if bytes[position] == UInt8(ascii: "-") { position += 1 }
    let digits = position
    try skipDigits()
    if bytes[digits] == UInt8(ascii: "0"), position > digits + 1 {
      throw JSONError(.invalidNumber, at: digits)
    }
    if position < end, bytes[position] == UInt8(ascii: ".") {
      isWhole = false
      position += 1
      try skipDigits()
    }
    if position < end, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isWhole = false
      position += 1
      if position < end, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
        position += 1
      }
      try skipDigits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole {
      if let value = Int64(text) { return .integer(value) }
      if let value = UInt64(text) { return .unsigned(value) }
    }
    guard let value = Double(text) else { throw JSONError(.invalidNumber, at: start) }
    let limit = Double.greatestFiniteMagnitude
    return .number(min(max(value, -limit), limit))
  }

  private mutating func skipDigits() throws(JSONError) {
    let start = position
    while position < end, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] { position += 1 }
    guard position > start else {
      throw JSONError(position < end ? .invalidNumber : .truncated, at: position)
    }
  }

  private func peek() throws(JSONError) -> UInt8 {
    guard position < end else { throw JSONError(.truncated, at: position) }
    return bytes[position]
  }

  private mutating func skipWhitespace() {
    while position < end {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }
}
