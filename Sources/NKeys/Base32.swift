/// Base32 (RFC 4648, section 6) without padding.
enum Base32 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

  static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var output: [UInt8] = []
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 5 {
        count -= 5
        output.append(alphabet[Int(bits >> count & 0x1F)])
      }
      bits &= 0x1F
    }
    if count > 0 { output.append(alphabet[Int(bits << (5 - count) & 0x1F)]) }
    return String(decoding: output, as: UTF8.self)
  }

  /// - Returns: nil for another alphabet, an impossible length, or bits that are set beyond the last byte.
  static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var output: [UInt8] = []
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for character in text {
      let value: UInt32
      switch character {
      case 0x41...0x5A: value = UInt32(character - 0x41)
      case 0x32...0x37: value = UInt32(character - 0x32 + 26)
      default: return nil
      }
      bits = bits << 5 | value
      count += 5
      if count >= 8 {
        count -= 8
        output.append(UInt8(truncatingIfNeeded: bits >> count))
        bits &= (1 << count) - 1
      }
    }
    return count < 5 && bits == 0 ? output : nil
  }
}
