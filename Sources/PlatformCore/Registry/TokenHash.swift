import Crypto
import NKeys

/// All that is kept of a token: SHA-256 over a random salt of 16 bytes and the token.
///
/// One round is enough, as tokens are long and random and not chosen by people. On the wire it is one string,
/// `{salt}.{digest}`, both in base64url.
public struct TokenHash: Sendable, Hashable {
  private let salt: [UInt8]
  private let digest: [UInt8]

  /// The hash of `token` with a salt of its own.
  public init(of token: String) {
    var generator = SystemRandomNumberGenerator()
    salt = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
    digest = Self.digest(salt, token)
  }

  /// Whether `token` is the one. It takes the same time wherever they differ.
  public func matches(_ token: String) -> Bool {
    let other = Self.digest(salt, token)
    guard other.count == digest.count else { return false }
    var difference: UInt8 = 0
    for index in digest.indices { difference |= digest[index] ^ other[index] }
    return difference == 0
  }

  /// Tells it from others: the beginning of the salt, which says nothing of the token.
  public var id: String { Base64URL.encode(salt.prefix(9)) }

  private static func digest(_ salt: [UInt8], _ token: String) -> [UInt8] {
    var hash = SHA256()
    hash.update(data: salt)
    hash.update(data: Array(token.utf8))
    return Array(hash.finalize())
  }
}

extension TokenHash: Codable {
  /// Reads `{salt}.{digest}`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let parts = try container.decode(String.self).split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let salt = Base64URL.decode(parts[0]), let digest = Base64URL.decode(parts[1]),
      salt.count == 16, digest.count == SHA256.byteCount
    else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "this is no hash of a token")
    }
    self.salt = salt
    self.digest = digest
  }

  /// Writes `{salt}.{digest}`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode("\(Base64URL.encode(salt)).\(Base64URL.encode(digest))")
  }
}
