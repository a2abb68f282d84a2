/// Base64 (RFC 4648).
enum Base64 {
  /// Which characters stand for the last two values, and whether the end is padded.
  enum Alphabet {
    /// Section 4, padded: for HTTP.
    case standard
    /// Section 5, not padded: as signatures travel.
    case url
  }

  private static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let url = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  static func encode(_ bytes: some Sequence<UInt8>, _ alphabet: Alphabet = .standard) -> String {
    let characters = alphabet == .standard ? standard : url
    var output: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 6 {
        count -= 6
        output.append(characters[Int(bits >> UInt32(count)) & 0x3F])
      }
      bits &= 0x3F
    }
    if count > 0 { output.append(characters[Int(bits << UInt32(6 - count)) & 0x3F]) }
    while alphabet == .standard && output.count % 4 != 0 { output.append(UInt8(ascii: "=")) }
    return String(decoding: output, as: UTF8.self)
  }
}
