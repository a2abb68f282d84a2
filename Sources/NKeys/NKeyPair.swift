import Crypto

/// An Ed25519 key pair for signatures. Only ``seed`` reveals the private key; descriptions do not.
public struct NKeyPair: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The public key.
  public let publicKey: NKeyPublicKey

  private let privateKey: Curve25519.Signing.PrivateKey

  /// Generates a key.
  ///
  /// - Throws: `NKeyError` with code `wrongKind` for `curve`, whose keys can't sign.
  public init(generating kind: NKeyKind) throws(NKeyError) {
    try self.init(kind: kind, privateKey: Curve25519.Signing.PrivateKey())
  }

  /// Decodes a seed such as `SUAM…`. Whitespace around it is ignored.
  ///
  /// - Throws: `NKeyError` with code `invalidKey`, or `wrongKind` for the seed of a `curve` key.
  public init(seed: String) throws(NKeyError) {
    let (kind, bytes) = try NKeyCoding.decodeSeed(CredentialsText.trim(seed))
    let key: Curve25519.Signing.PrivateKey
    do {
      key = try Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
    } catch {
      throw NKeyError(.invalidKey, "the seed contains no Ed25519 key: \(error)")
    }
    try self.init(kind: kind, privateKey: key)
  }

  private init(kind: NKeyKind, privateKey: Curve25519.Signing.PrivateKey) throws(NKeyError) {
    guard kind != .curve else {
      throw NKeyError(.wrongKind, "an x25519 key (X) encrypts and does not sign")
    }
    self.privateKey = privateKey
    publicKey = NKeyPublicKey(kind: kind, bytes: Array(privateKey.publicKey.rawRepresentation))
  }

  /// The encoded private key. It is a secret: it proves this identity.
  public var seed: String {
    NKeyCoding.encode(seed: Array(privateKey.rawRepresentation), kind: publicKey.kind)
  }

  /// Signs a message, such as the nonce in a server's INFO.
  ///
  /// - Returns: 64 bytes.
  /// - Throws: `NKeyError` with code `signingFailed`.
  public func sign(_ message: [UInt8]) throws(NKeyError) -> [UInt8] {
    do {
      return Array(try privateKey.signature(for: message))
    } catch {
      throw NKeyError(.signingFailed, "signing with \(publicKey) failed: \(error)")
    }
  }

  /// The public key.
  public var description: String { publicKey.description }

  /// The public key.
  public var debugDescription: String { publicKey.description }

  /// Only the public key.
  public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}
