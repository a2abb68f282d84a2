/// The assignments of os-release(5) that identify the system.
package struct OSRelease: Sendable, Equatable {
  package var id = "linux"
  package var version: String?
  package var like: [String] = []

  package init() {}

  package init(_ content: ByteScanner) {
    var content = content
    while var line = content.line() {
      line.skipBlanks()
      if line.take("ID=") {
        let value = Self.unquoted(line.rest)
        if !value.isEmpty { id = value }
      } else if line.take("VERSION_ID=") {
        let value = Self.unquoted(line.rest)
        version = value.isEmpty ? nil : value
      } else if line.take("ID_LIKE=") {
        like = Self.unquoted(line.rest).utf8.split(separator: UInt8(ascii: " ")).map {
          String(decoding: $0, as: UTF8.self)
        }
      }
    }
  }

  /// Removes the quotes and backslashes of a shell assignment.
  private static func unquoted(_ text: UnsafeRawBufferPointer) -> String {
    var quote: UInt8?
    var isEscaped = false
    var value: [UInt8] = []
    for byte in text {
      if isEscaped {
        value.append(byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "'") {
        isEscaped = true
      } else if let open = quote {
        if byte == open { quote = nil } else { value.append(byte) }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte <= 0x20 {
        break
      } else {
        value.append(byte)
      }
    }
    return String(decoding: value, as: UTF8.self)
  }
}
