import Crypto
import Encoding

/// The stored hash of a token: SHA-256 over a random salt of 16 bytes and the token.
///
/// One round suffices, because tokens are long and random. The encoded form is one string, `{salt}.{digest}`, both in base64url.
public struct TokenHash: Sendable, Hashable {
  private let salt: [UInt8]
  private let digest: [UInt8]

  /// Hashes `token` with a new salt.
  public init(of token: String) {
    var generator = SystemRandomNumberGenerator()
    salt = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
    digest = Self.digest(salt, token)
  }

  /// Whether `token` matches, in constant time.
  public func matches(_ token: String) -> Bool {
    let other = Self.digest(salt, token)
    guard other.count == digest.count else { return false }
    var difference: UInt8 = 0
    for index in digest.indices { difference |= digest[index] ^ other[index] }
    return difference == 0
  }

  /// An identifier of the token: the beginning of the salt, which reveals nothing of the token.
  public var id: String { Base64.encode(salt.prefix(9), .url) }

  private static func digest(_ salt: [UInt8], _ token: String) -> [UInt8] {
    var hash = Crypto.SHA256()
    hash.update(data: salt)
    hash.update(data: Array(token.utf8))
    return Array(hash.finalize())
  }
}

extension TokenHash: Codable {
  /// Decodes `{salt}.{digest}`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let parts = try container.decode(String.self).split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let salt = Base64.decode(parts[0], .url),
      let digest = Base64.decode(parts[1], .url),
      salt.count == 16, digest.count == Crypto.SHA256.byteCount
    else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a token hash")
    }
    self.salt = salt
    self.digest = digest
  }

  /// Encodes `{salt}.{digest}`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode("\(Base64.encode(salt, .url)).\(Base64.encode(digest, .url))")
  }
}
