/// Base32 (RFC 4648, section 6) without padding.
public enum Base32 {
  private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

  /// Encodes bytes.
  @inlinable
  public static func encode(_ bytes: some Sequence<UInt8>) -> String {
    encode(Array(bytes))
  }

  /// Encodes bytes.
  public static func encode(_ bytes: [UInt8]) -> String {
    let characters = alphabet.utf8Start
    var output: [UInt8] = []
    output.reserveCapacity((bytes.count + 4) / 5 * 8)
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 5 {
        count -= 5
        output.append(characters[Int(bits >> count & 0x1F)])
      }
      bits &= 0x1F
    }
    if count > 0 { output.append(characters[Int(bits << (5 - count) & 0x1F)]) }
    return String(decoding: output, as: UTF8.self)
  }

  /// Decodes text.
  ///
  /// - Returns: nil for a character of another alphabet, an impossible length, or bits that are set beyond the last byte.
  @inlinable
  public static func decode(_ text: some StringProtocol) -> [UInt8]? {
    decode(Array(text.utf8))
  }

  /// Decodes the UTF-8 bytes of a text, as ``decode(_:)`` does.
  public static func decode(_ text: [UInt8]) -> [UInt8]? {
    var output: [UInt8] = []
    output.reserveCapacity(text.count / 8 * 5 + 4)
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for character in text {
      let value: UInt32
      switch character {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(character - UInt8(ascii: "A"))
      case UInt8(ascii: "2")...UInt8(ascii: "7"): value = UInt32(character - UInt8(ascii: "2") + 26)
      default: return nil
      }
      bits = bits << 5 | value
      count += 5
      if count >= 8 {
        count -= 8
        output.append(UInt8(truncatingIfNeeded: bits >> count))
        bits &= 1 << count - 1
      }
    }
    return count < 5 && bits == 0 ? output : nil
  }
}
