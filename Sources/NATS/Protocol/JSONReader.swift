/// Reads JSON bytes into a ``JSONValue`` (RFC 8259).
struct JSONReader {
  private let bytes: UnsafeRawBufferPointer
  private var index = 0

  init(bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  mutating func readDocument() -> JSONValue? {
    guard let value = readValue(depth: 0) else { return nil }
    skipWhitespace()
    return index == bytes.count ? value : nil
  }

  private mutating func readValue(depth: Int) -> JSONValue? {
    guard depth < JSONValue.maximumDepth else { return nil }
    skipWhitespace()
    guard let byte = peek() else { return nil }
    switch byte {
    case UInt8(ascii: "{"): return readObject(depth: depth)
    case UInt8(ascii: "["): return readArray(depth: depth)
    case UInt8(ascii: "\""): return readString().map(JSONValue.string)
    case UInt8(ascii: "t"): return readWord("true") ? .bool(true) : nil
    case UInt8(ascii: "f"): return readWord("false") ? .bool(false) : nil
    case UInt8(ascii: "n"): return readWord("null") ? .null : nil
    default: return readNumber()
    }
  }

  private mutating func readObject(depth: Int) -> JSONValue? {
    index += 1
    var members: [String: JSONValue] = [:]
    skipWhitespace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipWhitespace()
      guard peek() == UInt8(ascii: "\""), let key = readString() else { return nil }
      skipWhitespace()
      guard take(UInt8(ascii: ":")), let value = readValue(depth: depth + 1) else { return nil }
      members[key] = value
      skipWhitespace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { return nil }
    }
  }

  private mutating func readArray(depth: Int) -> JSONValue? {
    index += 1
    var values: [JSONValue] = []
    skipWhitespace()
    if take(UInt8(ascii: "]")) { return .array(values) }
    while true {
      guard let value = readValue(depth: depth + 1) else { return nil }
      values.append(value)
      skipWhitespace()
      if take(UInt8(ascii: "]")) { return .array(values) }
      guard take(UInt8(ascii: ",")) else { return nil }
    }
  }

  private mutating func readString() -> String? {
    index += 1
    var text: [UInt8] = []
    while let byte = peek() {
      index += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let scalar = readEscape() else { return nil }
        text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      case 0..<0x20: return nil
      default: text.append(byte)
      }
    }
    return nil
  }

  private mutating func readEscape() -> Unicode.Scalar? {
    guard let byte = peek() else { return nil }
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      guard let first = readCodeUnit() else { return nil }
      guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) ?? "\u{fffd}" }
      guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let second = readCodeUnit(),
        UTF16.isTrailSurrogate(second)
      else { return nil }
      return UTF16.decode(lead: first, trail: second)
    default: return nil
    }
  }

  private mutating func readCodeUnit() -> UInt16? {
    guard bytes.count - index >= 4 else { return nil }
    var value: UInt16 = 0
    for _ in 0..<4 {
      let digit: UInt8
      switch bytes[index] {
      case let byte where byte >= 0x30 && byte <= 0x39: digit = byte - 0x30
      case let byte where byte >= 0x41 && byte <= 0x46: digit = byte - 0x41 + 10
      case let byte where byte >= 0x61 && byte <= 0x66: digit = byte - 0x61 + 10
      default: return nil
      }
      value = value << 4 | UInt16(digit)
      index += 1
    }
    return value
  }

  private mutating func readNumber() -> JSONValue? {
    let start = index
    var isInteger = true
    var digits = 0
    scan: while let byte = peek() {
      switch byte {
      case UInt8(ascii: "-"), UInt8(ascii: "+"): break
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
      case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): isInteger = false
      default: break scan
      }
      index += 1
    }
    guard digits > 0 else { return nil }
    guard isInteger else { return .integer(0) }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    guard let value = Int64(text) else { return .integer(0) }
    return .integer(value)
  }

  private mutating func readWord(_ word: StaticString) -> Bool {
    guard bytes.count - index >= word.utf8CodeUnitCount else { return false }
    for offset in 0..<word.utf8CodeUnitCount where bytes[index + offset] != word.utf8Start[offset] {
      return false
    }
    index += word.utf8CodeUnitCount
    return true
  }

  private func peek() -> UInt8? {
    index < bytes.count ? bytes[index] : nil
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    index += 1
    return true
  }

  private mutating func skipWhitespace() {
    while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d {
      index += 1
    }
  }
}

extension UTF16 {
  /// The scalar that a pair of surrogates stands for.
  fileprivate static func decode(lead: UInt16, trail: UInt16) -> Unicode.Scalar? {
    Unicode.Scalar(0x10000 + (UInt32(lead & 0x3ff) << 10 | UInt32(trail & 0x3ff)))
  }
}
