import Encoding
internal import Logging

/// Encodes a record as a line of JSON, with the fields sorted by name.
///
/// In the schema of the agent, text beyond ``maximumSize`` is truncated and ends in `…`. The line is always valid JSON.
struct LogLine {
  /// The approximate maximum size of a line, in bytes.
  static let maximumSize = 65_536
  private static let maximumDepth = 8

  private(set) var bytes: [UInt8] = []
  private var budget: Int
  private let schema: LogSchema

  private init(_ schema: LogSchema) {
    self.schema = schema
    budget = schema == .agent ? Self.maximumSize : .max
  }

  static func json(_ record: LogRecord, schema: LogSchema) -> [UInt8] {
    var line = LogLine(schema)
    line.bytes.reserveCapacity(256)
    switch schema {
    case .agent: line.appendAgentMembers(of: record)
    case .platform: line.appendPlatformMembers(of: record)
    }
    line.raw("}\n")
    return line.bytes
  }

  private mutating func appendAgentMembers(of record: LogRecord) {
    raw("{\"level\":\"")
    raw(record.levelName)
    raw("\",\"ts\":\"")
    record.time.append(to: &bytes)
    raw("\",\"msg\":")
    string(record.message)
    for (key, value) in record.fields where budget > 0 {
      raw(",")
      // Of duplicate keys, most parsers keep the last: a field must not replace `level`.
      string(key == "level" || key == "ts" || key == "msg" ? key + "_" : key)
      raw(":")
      self.value(value, depth: 0)
    }
  }

  private mutating func appendPlatformMembers(of record: LogRecord) {
    raw("{\"time\":\"")
    record.time.append(to: &bytes)
    raw("\",\"level\":\"")
    raw(record.levelName)
    raw("\",\"message\":")
    string(record.message)
    for (key, value) in record.fields where key != "time" && key != "level" && key != "message" {
      raw(",")
      string(key)
      raw(":")
      string(value.description)
    }
  }

  /// Encodes a single value in the schema of the agent, for lists and dictionaries on the console.
  static func json(_ value: Logger.MetadataValue) -> [UInt8] {
    var line = LogLine(.agent)
    line.value(value, depth: 0)
    return line.bytes
  }

  private mutating func raw(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  private mutating func value(_ value: Logger.MetadataValue, depth: Int) {
    switch value {
    case .string(let text): string(text)
    case .stringConvertible(let convertible): scalar(convertible)
    case .array(let items):
      guard depth < Self.maximumDepth else { return raw("\"…\"") }
      raw("[")
      for (index, item) in items.enumerated() where budget > 0 {
        if index > 0 { raw(",") }
        self.value(item, depth: depth + 1)
        budget -= 1
      }
      raw("]")
    case .dictionary(let fields):
      guard depth < Self.maximumDepth else { return raw("\"…\"") }
      raw("{")
      var isFirst = true
      for (key, item) in fields.sorted(by: { $0.key < $1.key }) where budget > 0 {
        if !isFirst { raw(",") }
        isFirst = false
        string(key)
        raw(":")
        self.value(item, depth: depth + 1)
      }
      raw("}")
    }
  }

  private mutating func scalar(_ value: any CustomStringConvertible) {
    switch value {
    case let number as Int: bytes.append(contentsOf: String(number).utf8)
    case let flag as Bool: flag ? raw("true") : raw("false")
    case let number as Double where number.isFinite: bytes.append(contentsOf: number.description.utf8)
    case let number as Float where number.isFinite: bytes.append(contentsOf: number.description.utf8)
    case let number as any FixedWidthInteger: bytes.append(contentsOf: number.description.utf8)
    default: string(value.description)
    }
  }

  /// Appends a string (RFC 8259, section 7).
  private mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    let isCut = text.withUTF8 { append($0) }
    raw(isCut ? "…\"" : "\"")
  }

  private mutating func append(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var end = min(text.count, max(budget, 0))
    let isCut = end < text.count
    // Back to the beginning of a scalar.
    while isCut, end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
    budget -= end + 2
    var start = 0
    var index = 0
    while index < end {
      let byte = text[index]
      if byte >= 0x80 {
        let length = Self.length(ofScalarWith: byte)
        let next = min(index + length, end)
        if let scalar = Self.scalar(text[index..<next]), !scalar.isPrintable {
          bytes.append(contentsOf: text[start..<index])
          start = next
          for unit in String(scalar).utf16 { escape(unit) }
        }
        index = next
        continue
      }
      index += 1
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F else {
        continue
      }
      bytes.append(contentsOf: text[start..<(index - 1)])
      start = index
      escape(byte)
    }
    bytes.append(contentsOf: text[start..<end])
    return isCut
  }

  /// The number of bytes of a scalar, by its first byte (RFC 3629).
  private static func length(ofScalarWith first: UInt8) -> Int {
    first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
  }

  private static func scalar(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Unicode.Scalar? {
    guard let first = bytes.first, bytes.count > 1 else { return nil }
    let value = bytes.dropFirst().reduce(UInt32(first) & (0x7F >> UInt32(bytes.count))) {
      $0 << 6 | UInt32($1 & 0x3F)
    }
    return Unicode.Scalar(value)
  }

  /// Control characters, marks of the writing direction and invisible characters are escaped too: a log is read on terminals.
  private mutating func escape(_ unit: UInt16) {
    raw("\\u")
    for shift: UInt16 in [12, 8, 4, 0] {
      bytes.append(Hexadecimal.digit(UInt8(truncatingIfNeeded: unit >> shift)))
    }
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): raw("\\\"")
    case UInt8(ascii: "\\"): raw("\\\\")
    case 0x08 where schema == .agent: raw("\\b")
    case 0x09: raw("\\t")
    case 0x0A: raw("\\n")
    case 0x0C where schema == .agent: raw("\\f")
    case 0x0D: raw("\\r")
    default:
      raw("\\u00")
      bytes.append(Hexadecimal.digit(byte >> 4))
      bytes.append(Hexadecimal.digit(byte))
    }
  }
}
