import CSodium
public import NKeys

/// An x25519 key pair for encryption, with the text forms `X…` and `SX…`. Only ``seed`` reveals the private key; descriptions do not.
///
/// Boxes are those of NaCl `crypto_box` (x25519, XSalsa20, Poly1305) in the format `xkv1` of NATS: these four letters, a random
/// nonce of 24 bytes, the box.
public struct XKeyPair: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The public key, of kind ``NKeyKind/curve``.
  public let publicKey: NKeyPublicKey

  let secretKey: [UInt8]

  /// Generates a key.
  ///
  /// - Throws: ``XKeyError/Code/unavailable``.
  public init() throws(XKeyError) {
    try Sodium.prepare()
    try self.init(secretKey: Sodium.random(NKeyCoding.keyLength))
  }

  /// Decodes a seed such as `SXAM…`. Whitespace around it is ignored.
  ///
  /// - Throws: ``XKeyError/Code/invalidKey``, ``XKeyError/Code/unavailable``.
  public init(seed: String) throws(XKeyError) {
    let kind: NKeyKind
    let bytes: [UInt8]
    do {
      (kind, bytes) = try NKeyCoding.decodeSeed(seed.trimmingBlanks())
    } catch {
      throw XKeyError(.invalidKey, error.message)
    }
    guard kind == .curve else {
      throw XKeyError(.invalidKey, "the seed is that of a \(kind) key; an x25519 key begins with SX")
    }
    try Sodium.prepare()
    try self.init(secretKey: bytes)
  }

  private init(secretKey: [UInt8]) throws(XKeyError) {
    var bytes = [UInt8](repeating: 0, count: NKeyCoding.keyLength)
    guard crypto_scalarmult_base(&bytes, secretKey) == 0 else {
      throw XKeyError(.invalidKey, "the seed contains no x25519 key")
    }
    self.secretKey = secretKey
    publicKey = NKeyPublicKey(kind: .curve, bytes: bytes)
  }

  /// The encoded private key. It is a secret: it decrypts all messages for this key.
  public var seed: String { NKeyCoding.encode(seed: secretKey, kind: .curve) }

  /// The shared key of this pair and another public key. Its computation is the expensive part of a box, so keep it for several
  /// messages.
  ///
  /// - Throws: ``XKeyError/Code/invalidKey`` if the other key is not an x25519 key, or one of small order.
  public func sharedKey(with other: NKeyPublicKey) throws(XKeyError) -> XSharedKey {
    guard other.kind == .curve else {
      throw XKeyError(.invalidKey, "\(other) is not an x25519 key, which begins with X")
    }
    var bytes = [UInt8](repeating: 0, count: Int(crypto_box_BEFORENMBYTES))
    guard crypto_box_beforenm(&bytes, other.bytes, secretKey) == 0 else {
      throw XKeyError(.invalidKey, "\(other) is not a usable x25519 key")
    }
    return XSharedKey(bytes: bytes)
  }

  /// Encrypts and authenticates a message for `recipient`.
  ///
  /// - Throws: as ``sharedKey(with:)`` does.
  public func seal(_ message: [UInt8], to recipient: NKeyPublicKey) throws(XKeyError) -> [UInt8] {
    try sharedKey(with: recipient).seal(message)
  }

  /// Decrypts a message of `sender` for this key.
  ///
  /// - Throws: ``XKeyError/Code/invalidBox``, and as ``sharedKey(with:)`` does.
  public func open(_ box: [UInt8], from sender: NKeyPublicKey) throws(XKeyError) -> [UInt8] {
    try sharedKey(with: sender).open(box)
  }

  /// The public key.
  public var description: String { publicKey.description }

  /// The public key.
  public var debugDescription: String { publicKey.description }

  /// Only the public key.
  public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}

extension String {
  fileprivate func trimmingBlanks() -> String {
    let blanks: Set<Character> = [" ", "\t", "\n", "\r", "\r\n"]
    return String(
      drop(while: blanks.contains).reversed().drop(while: blanks.contains).reversed())
  }
}

/// libsodium, which requires initialisation before use.
enum Sodium {
  private static let isReady = sodium_init() >= 0

  static func prepare() throws(XKeyError) {
    guard isReady else {
      throw XKeyError(.unavailable, "libsodium cannot start: the system has no source of random numbers")
    }
  }

  static func random(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    randombytes_buf(&bytes, count)
    return bytes
  }
}
