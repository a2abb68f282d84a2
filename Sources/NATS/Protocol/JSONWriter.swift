/// Writes one flat JSON object.
struct JSONWriter {
  private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]

  /// The bytes of the finished object.
  func finished() -> [UInt8] {
    bytes + [UInt8(ascii: "}")]
  }

  mutating func write(_ key: StaticString, _ value: Bool) {
    writeKey(key)
    bytes.append(contentsOf: (value ? "true" : "false").utf8)
  }

  mutating func write(_ key: StaticString, _ value: Int) {
    writeKey(key)
    bytes.append(contentsOf: String(value).utf8)
  }

  mutating func write(_ key: StaticString, _ value: String) {
    writeKey(key)
    writeString(value)
  }

  private mutating func writeKey(_ key: StaticString) {
    if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
    writeString(key.description)
    bytes.append(UInt8(ascii: ":"))
  }

  private mutating func writeString(_ value: String) {
    let hexadecimal = Array("0123456789abcdef".utf8)
    bytes.append(UInt8(ascii: "\""))
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0..<0x20, 0x7f:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(hexadecimal[Int(byte >> 4)])
        bytes.append(hexadecimal[Int(byte & 15)])
      default:
        bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
