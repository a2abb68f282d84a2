import Crypto
import FoundationEssentials

/// Signs and reads NATS JWTs, version 2: header `{"typ":"JWT","alg":"ed25519-nkey"}`, an Ed25519 signature
/// over `header.payload`, all base64url without padding.
public enum NATSToken {
  /// The longest JWT that is read, in bytes.
  public static let maximumLength = 1024 * 1024

  private struct Header: Decodable {
    var typ: String
    var alg: String
  }

  private static let encodedHeader = Base64URL.encode(#"{"alg":"ed25519-nkey","typ":"JWT"}"#.utf8)

  private struct Subject: Decodable {
    var sub: String
  }

  /// Signs claims: sets `iss` to the key, `jti` to a hash of the claims.
  ///
  /// The reference library hashes with SHA-512/256, which swift-crypto lacks. Servers take `jti` for an opaque text (2.14
  /// accepts these), and RFC 7519, section 4.1.7, asks only that it is unique, so SHA-256 serves as well.
  ///
  /// - Throws: `NKeyError` with code `invalidToken` when the claims cannot be encoded, or `signingFailed`.
  public static func sign<Body>(_ claims: NATSClaims<Body>, with key: NKeyPair) throws(NKeyError) -> String {
    var claims = claims
    claims.iss = key.publicKey.description
    claims.jti = ""
    let payload = try withID(Array(try encode(claims)))
    let signed = "\(encodedHeader).\(Base64URL.encode(payload))"
    return "\(signed).\(Base64URL.encode(try key.sign(Array(signed.utf8))))"
  }

  /// Puts the hash of the claims where their empty id stands. No other place looks like it: within a text, quotes are escaped.
  private static func withID(_ claims: [UInt8]) throws(NKeyError) -> [UInt8] {
    let empty = Array(#""jti":""#.utf8)
    guard
      let start = claims.indices.first(where: { claims[$0...].starts(with: empty) })
    else { throw NKeyError(.invalidToken, "the claims cannot be encoded") }
    let place = start + empty.count
    return claims[..<place] + Array(Base32.encode(SHA256.hash(data: claims)).utf8) + claims[place...]
  }

  /// Reads a JWT and checks that the key it names as issuer has signed it. Whether that issuer is trusted,
  /// and whether the JWT is valid now, is for the caller to decide.
  ///
  /// - Throws: `NKeyError` with code `invalidToken` or `badSignature`.
  public static func verify<Body>(
    _ token: String, as body: Body.Type = Body.self
  ) throws(NKeyError) -> NATSClaims<Body> {
    let parts = try split(token)
    let header = try decode(Header.self, parts[0])
    guard header.typ.lowercased() == "jwt", header.alg == "ed25519-nkey" else {
      throw NKeyError(.invalidToken, "a NATS JWT is signed with ed25519-nkey, this one is not")
    }
    let claims = try decode(NATSClaims<Body>.self, parts[1])
    let issuer = try NKeyPublicKey(claims.iss)
    guard let signature = Base64URL.decode(parts[2]),
      issuer.verify(signature, of: Array("\(parts[0]).\(parts[1])".utf8))
    else { throw NKeyError(.badSignature, "the JWT was not signed by \(issuer)") }
    return claims
  }

  /// The claims of a JWT whose signature nobody has checked, for those who have another reason to believe it.
  ///
  /// - Throws: `NKeyError` with code `invalidToken`.
  public static func unverified<Body>(
    _ token: String, as body: Body.Type = Body.self
  ) throws(NKeyError) -> NATSClaims<Body> {
    try decode(NATSClaims<Body>.self, split(token)[1])
  }

  /// The public key that a JWT is about; its signature is not checked.
  ///
  /// - Throws: `NKeyError` with code `invalidToken`.
  public static func subject(of token: String) throws(NKeyError) -> String {
    try decode(Subject.self, split(token)[1]).sub
  }

  private static func split(_ token: String) throws(NKeyError) -> [Substring] {
    guard token.utf8.count <= maximumLength else {
      throw NKeyError(.invalidToken, "the JWT is longer than \(maximumLength) bytes")
    }
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3 else {
      throw NKeyError(.invalidToken, "a JWT has three parts, this has \(parts.count)")
    }
    return parts
  }

  private static func encode(_ value: some Encodable) throws(NKeyError) -> Data {
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return try encoder.encode(value)
    } catch {
      throw NKeyError(.invalidToken, "the claims cannot be encoded: \(error)")
    }
  }

  private static func decode<Value: Decodable>(_ type: Value.Type, _ part: Substring) throws(NKeyError)
    -> Value
  {
    guard let bytes = Base64URL.decode(part) else {
      throw NKeyError(.invalidToken, "a part of the JWT is no base64url")
    }
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw NKeyError(.invalidToken, "the JWT does not hold what a NATS JWT holds")
    }
  }
}
