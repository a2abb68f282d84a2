import Encoding

/// The text form of keys: base32 of one or two prefix bytes, 32 key bytes and a little-endian checksum.
package enum NKeyCoding {
  package static let keyLength = 32

  package static func encode(publicKey: [UInt8], kind: NKeyKind) -> String {
    encode([kind.rawValue] + publicKey)
  }

  /// The first two bytes of a seed contain the prefixes of `S` and of its kind, five bits each.
  package static func encode(seed: [UInt8], kind: NKeyKind) -> String {
    let prefix = kind.rawValue
    return encode([NKeyKind.seedPrefix | prefix >> 5, (prefix & 0x1F) << 3] + seed)
  }

  package static func decodePublicKey(_ text: String) throws(NKeyError) -> (kind: NKeyKind, bytes: [UInt8]) {
    let payload = try decode(text, length: 1 + keyLength, what: "public key")
    guard let kind = NKeyKind(rawValue: payload[0]) else {
      throw NKeyError(.invalidKey, "a public key starts with A, C, N, O, U or X")
    }
    return (kind, Array(payload[1...]))
  }

  package static func decodeSeed(_ text: String) throws(NKeyError) -> (kind: NKeyKind, bytes: [UInt8]) {
    let payload = try decode(text, length: 2 + keyLength, what: "seed")
    let prefix = (payload[0] & 0x07) << 5 | payload[1] >> 3
    guard payload[0] & 0xF8 == NKeyKind.seedPrefix, payload[1] & 0x07 == 0,
      let kind = NKeyKind(rawValue: prefix)
    else { throw NKeyError(.invalidKey, "a seed starts with S and the letter of its kind, as in SU") }
    return (kind, Array(payload[2...]))
  }

  private static func encode(_ payload: [UInt8]) -> String {
    let sum = CRC16.of(payload)
    return Base32.encode(payload + [UInt8(truncatingIfNeeded: sum), UInt8(sum >> 8)])
  }

  private static func decode(_ text: String, length: Int, what: String) throws(NKeyError) -> [UInt8] {
    guard text.utf8.count <= 64, let bytes = Base32.decode(text), bytes.count == length + 2 else {
      throw NKeyError(.invalidKey, "this is not a \(what): it has the wrong length or alphabet")
    }
    let payload = Array(bytes[..<length])
    guard CRC16.of(payload) == UInt16(bytes[length]) | UInt16(bytes[length + 1]) << 8 else {
      throw NKeyError(.invalidKey, "the \(what) has a wrong checksum; it was mistyped or truncated")
    }
    return payload
  }
}
