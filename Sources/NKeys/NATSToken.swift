import Crypto
import Encoding
import FoundationEssentials

/// Signs and decodes NATS JWTs, version 2: header `{"typ":"JWT","alg":"ed25519-nkey"}`, an Ed25519 signature
/// over `header.payload`, all base64url without padding.
public enum NATSToken {
  /// Maximum length of a JWT in bytes.
  public static let maximumLength = 1024 * 1024

  private struct Header: Decodable {
    var typ: String
    var alg: String
  }

  private static let encodedHeader = Base64.encode(#"{"alg":"ed25519-nkey","typ":"JWT"}"#.utf8, .url)

  private struct Subject: Decodable {
    var sub: String
  }

  /// Signs claims: sets `iss` to the key, `jti` to a hash of the claims.
  ///
  /// The reference library hashes with SHA-512/256, which swift-crypto lacks. Servers treat `jti` as opaque (2.14 accepts
  /// these), and RFC 7519, section 4.1.7, only requires it to be unique, so SHA-256 is sufficient.
  ///
  /// - Throws: `NKeyError` with code `invalidToken` when the claims cannot be encoded, or `signingFailed`.
  public static func sign<Body>(_ claims: NATSClaims<Body>, with key: NKeyPair) throws(NKeyError) -> String {
    var claims = claims
    claims.iss = key.publicKey.description
    claims.jti = ""
    let payload = try withID(Array(try encode(claims)))
    let signed = "\(encodedHeader).\(Base64.encode(payload, .url))"
    return "\(signed).\(Base64.encode(try key.sign(Array(signed.utf8)), .url))"
  }

  /// Inserts the hash of the claims as their id. The empty id is found unambiguously, as quotes within strings are escaped.
  private static func withID(_ claims: [UInt8]) throws(NKeyError) -> [UInt8] {
    let empty = Array(#""jti":""#.utf8)
    guard
      let start = claims.indices.first(where: { claims[$0...].starts(with: empty) })
    else { throw NKeyError(.invalidToken, "the claims cannot be encoded") }
    let place = start + empty.count
    return claims[..<place] + Array(Base32.encode(Crypto.SHA256.hash(data: claims)).utf8) + claims[place...]
  }

  /// Decodes a JWT and verifies that the issuer it names has signed it. The caller has to decide whether the issuer is
  /// trusted, and whether the JWT is valid now.
  ///
  /// - Throws: `NKeyError` with code `invalidToken` or `badSignature`.
  public static func verify<Body>(
    _ token: String, as body: Body.Type = Body.self
  ) throws(NKeyError) -> NATSClaims<Body> {
    let parts = try split(token)
    let header = try decode(Header.self, parts[0])
    guard header.typ.lowercased() == "jwt", header.alg.hasSameBytes(as: "ed25519-nkey") else {
      throw NKeyError(.invalidToken, "the JWT is not signed with ed25519-nkey, as a NATS JWT is")
    }
    let claims = try decode(NATSClaims<Body>.self, parts[1])
    let issuer = try NKeyPublicKey(claims.iss)
    guard let signature = Base64.decode(parts[2], .url),
      issuer.verify(signature, of: Array("\(parts[0]).\(parts[1])".utf8))
    else { throw NKeyError(.badSignature, "the JWT was not signed by \(issuer)") }
    return claims
  }

  /// Decodes the claims of a JWT without verifying its signature, for callers that trust its origin.
  ///
  /// - Throws: `NKeyError` with code `invalidToken`.
  public static func unverified<Body>(
    _ token: String, as body: Body.Type = Body.self
  ) throws(NKeyError) -> NATSClaims<Body> {
    try decode(NATSClaims<Body>.self, split(token)[1])
  }

  /// Returns the subject of a JWT without verifying its signature.
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
    guard let bytes = Base64.decode(part, .url) else {
      throw NKeyError(.invalidToken, "a part of the JWT is not base64url")
    }
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw NKeyError(.invalidToken, "the JWT lacks claims of a NATS JWT")
    }
  }
}
