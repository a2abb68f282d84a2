/// Base64 (RFC 4648).
public enum Base64 {
  /// The characters for 62 and 63, and whether the text is padded.
  public enum Alphabet: Sendable {
    /// Section 4: `+` and `/`, padded with `=`. For HTTP, and for bytes in the JSON of NATS servers.
    case standard
    /// Section 5: `-` and `_`, without padding. For JSON Web Tokens and nonce signatures.
    case url

    fileprivate var characters: StaticString {
      switch self {
      case .standard: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
      case .url: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
      }
    }

    fileprivate func value(of character: UInt8) -> UInt8? {
      switch character {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
      case UInt8(ascii: "+") where self == .standard, UInt8(ascii: "-") where self == .url: 62
      case UInt8(ascii: "/") where self == .standard, UInt8(ascii: "_") where self == .url: 63
      default: nil
      }
    }
  }

  /// Encodes bytes.
  @inlinable
  public static func encode(_ bytes: some Sequence<UInt8>, _ alphabet: Alphabet = .standard) -> String {
    encode(Array(bytes), alphabet)
  }

  /// Encodes bytes.
  public static func encode(_ bytes: [UInt8], _ alphabet: Alphabet = .standard) -> String {
    let characters = alphabet.characters.utf8Start
    var output: [UInt8] = []
    output.reserveCapacity((bytes.count + 2) / 3 * 4)
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 6 {
        count -= 6
        output.append(characters[Int(bits >> count & 0x3F)])
      }
      bits &= 0x3F
    }
    if count > 0 { output.append(characters[Int(bits << (6 - count) & 0x3F)]) }
    while alphabet == .standard && output.count % 4 != 0 { output.append(UInt8(ascii: "=")) }
    return String(decoding: output, as: UTF8.self)
  }

  /// Decodes text.
  ///
  /// - Parameter ignoringTrailingBits: Accepts bits that are set beyond the last byte, as Go's `encoding/base64` does.
  /// - Returns: nil for a character of another alphabet, missing or unexpected padding, an impossible length, or bits that are
  ///   set beyond the last byte.
  @inlinable
  public static func decode(
    _ text: some StringProtocol, _ alphabet: Alphabet = .standard, ignoringTrailingBits: Bool = false
  ) -> [UInt8]? {
    decode(Array(text.utf8), alphabet, ignoringTrailingBits: ignoringTrailingBits)
  }

  /// Decodes the UTF-8 bytes of a text, as ``decode(_:_:ignoringTrailingBits:)`` does.
  public static func decode(
    _ text: [UInt8], _ alphabet: Alphabet = .standard, ignoringTrailingBits: Bool = false
  ) -> [UInt8]? {
    var digits = text[...]
    if alphabet == .standard {
      guard text.count % 4 == 0 else { return nil }
      for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 4 * 3 + 2)
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for character in digits {
      guard let value = alphabet.value(of: character) else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
        bits &= 1 << count - 1
      }
    }
    return count < 6 && (bits == 0 || ignoringTrailingBits) ? bytes : nil
  }
}
