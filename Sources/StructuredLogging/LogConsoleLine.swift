import Logging

/// Encodes a record as a line of plain text: time, level, message, and fields as `key=value`.
///
/// Control characters are escaped, so that logged values cannot forge lines or control a terminal.
struct LogConsoleLine {
  /// The maximum length of a message or value in the schema of the platform, in scalars.
  private static let maximumLength = 4096

  private var bytes: [UInt8] = []
  private let isColored: Bool
  private let schema: LogSchema

  static func text(_ record: LogRecord, schema: LogSchema, isColored: Bool) -> [UInt8] {
    var line = LogConsoleLine(isColored: isColored, schema: schema)
    line.append(record)
    return line.bytes
  }

  private init(isColored: Bool, schema: LogSchema) {
    self.isColored = isColored
    self.schema = schema
  }

  private mutating func append(_ record: LogRecord) {
    style("2")
    record.time.append(to: &bytes)
    style("0")
    let (name, color) = Self.level(record.level)
    bytes += " ".utf8
    style(color)
    bytes += name.utf8
    style("0")
    bytes += " ".utf8
    switch schema {
    case .agent: appendAgentText(of: record)
    case .platform: appendPlatformText(of: record)
    }
    bytes += "\n".utf8
  }

  private mutating func appendAgentText(of record: LogRecord) {
    escaped(record.message)
    for (key, value) in record.fields where bytes.count < LogLine.maximumSize {
      bytes += " ".utf8
      style("36")
      escaped(key)
      style("0")
      bytes += "=".utf8
      append(value)
    }
  }

  private mutating func appendPlatformText(of record: LogRecord) {
    bytes += Self.printable(record.message).utf8
    for (key, value) in record.fields {
      bytes += " \(key)=".utf8
      let text = Self.printable(value.description)
      let isQuoted = text.isEmpty || text.utf8.contains { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "=") }
      bytes += (isQuoted ? "\"\(text)\"" : text).utf8
    }
  }

  /// The beginning of a text, with quotation marks and scalars that are not printable escaped.
  private static func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(maximumLength) {
      switch scalar {
      case "\n": result += "\\n"
      case "\"": result += "\\\""
      case _ where scalar.isPrintable: result.unicodeScalars.append(scalar)
      default: result += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return result
  }

  private mutating func append(_ value: Logger.MetadataValue) {
    let text: String
    switch value {
    case .string(let string): text = string
    case .stringConvertible(let convertible): text = convertible.description
    case .array, .dictionary:
      bytes += LogLine.json(value)
      return
    }
    let isPlain =
      !text.isEmpty
      && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
    if isPlain { escaped(text) } else { bytes += LogLine.json(.string(text)) }
  }

  private mutating func escaped(_ text: String) {
    for scalar in text.unicodeScalars {
      guard bytes.count < LogLine.maximumSize else {
        bytes += "…".utf8
        return
      }
      switch scalar.value {
      case 0x0A: bytes += "\\n".utf8
      case 0x09: bytes += "\\t".utf8
      case 0x0D: bytes += "\\r".utf8
      case _ where scalar.isPrintable: bytes += String(scalar).utf8
      default: bytes += "\\u{\(String(scalar.value, radix: 16))}".utf8
      }
    }
  }

  private mutating func style(_ code: String) {
    if isColored { bytes += "\u{1B}[\(code)m".utf8 }
  }

  private static func level(_ level: Logger.Level) -> (name: String, color: String) {
    switch level {
    case .trace, .debug: ("DEBUG", "35")
    case .info, .notice: ("INFO ", "32")
    case .warning: ("WARN ", "33")
    case .error, .critical: ("ERROR", "31")
    }
  }
}

extension Unicode.Scalar {
  /// Whether this is neither a control character nor invisible, and does not change the direction of writing.
  package var isPrintable: Bool {
    if value < 0x7F { return value >= 0x20 }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: return false
    default: return !properties.isDefaultIgnorableCodePoint
    }
  }
}
