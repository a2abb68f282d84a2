import Crypto

/// The public key of a pair, such as `UDXU4R…`.
public struct NKeyPublicKey: Sendable, Hashable, CustomStringConvertible {
  /// The kind of the key.
  public let kind: NKeyKind

  /// The 32 bytes of the key.
  package let bytes: [UInt8]

  /// Decodes the text form.
  ///
  /// - Throws: `NKeyError` with code `invalidKey`.
  public init(_ text: String) throws(NKeyError) {
    (kind, bytes) = try NKeyCoding.decodePublicKey(text)
  }

  package init(kind: NKeyKind, bytes: [UInt8]) {
    self.kind = kind
    self.bytes = bytes
  }

  /// The text form.
  public var description: String { NKeyCoding.encode(publicKey: bytes, kind: kind) }

  /// Whether an Ed25519 signature of a message was created with this key.
  public func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard kind != .curve else { return false }
    do {
      return try Curve25519.Signing.PublicKey(rawRepresentation: bytes).isValidSignature(
        signature, for: message)
    } catch {
      // Invalid keys have no valid signatures.
      return false
    }
  }
}

/// The kind of a key. The raw value is the prefix byte, which determines the first letter of the encoded key.
public enum NKeyKind: UInt8, Sendable, Hashable, CaseIterable {
  /// `A`: an account.
  case account = 0
  /// `C`: a cluster.
  case cluster = 16
  /// `N`: a server.
  case server = 104
  /// `O`: an operator.
  case `operator` = 112
  /// `U`: a user.
  case user = 160
  /// `X`: an x25519 key, which encrypts and does not sign.
  case curve = 184

  static let seedPrefix: UInt8 = 144
}
