import CSodium
public import NKeys

/// A key pair that encrypts (x25519), in the text forms `X…` and `SX…`. Nothing it prints holds the secret half, but for ``seed``.
///
/// Boxes are those of NaCl `crypto_box` (x25519, XSalsa20, Poly1305) in the form that NATS calls `xkv1`: the four letters, a
/// random nonce of 24 bytes, the box.
public struct XKeyPair: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The public half, of kind ``NKeyKind/curve``.
  public let publicKey: NKeyPublicKey

  let secretKey: [UInt8]

  /// Makes a new key.
  ///
  /// - Throws: ``XKeyError/Code/unavailable``.
  public init() throws(XKeyError) {
    try Sodium.prepare()
    try self.init(secretKey: Sodium.random(NKeyCoding.keyLength))
  }

  /// Reads a seed such as `SXAM…`; blanks and line ends around it are ignored.
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
      throw XKeyError(.invalidKey, "the seed is that of a \(kind) key, an x25519 key begins with SX")
    }
    try Sodium.prepare()
    try self.init(secretKey: bytes)
  }

  private init(secretKey: [UInt8]) throws(XKeyError) {
    var bytes = [UInt8](repeating: 0, count: NKeyCoding.keyLength)
    guard crypto_scalarmult_base(&bytes, secretKey) == 0 else {
      throw XKeyError(.invalidKey, "the seed holds no x25519 key")
    }
    self.secretKey = secretKey
    publicKey = NKeyPublicKey(kind: .curve, bytes: bytes)
  }

  /// The secret: whoever has it can read what is meant for this key.
  public var seed: String { NKeyCoding.encode(seed: secretKey, kind: .curve) }

  /// The key that this one and another share. Computing it is the expensive part of a box, so keep it where several are exchanged.
  ///
  /// - Throws: ``XKeyError/Code/invalidKey`` when the other is no x25519 key, or one that shares nothing secret with anybody.
  public func sharedKey(with other: NKeyPublicKey) throws(XKeyError) -> XSharedKey {
    guard other.kind == .curve else {
      throw XKeyError(.invalidKey, "\(other) is no x25519 key, which begins with X")
    }
    var bytes = [UInt8](repeating: 0, count: Int(crypto_box_BEFORENMBYTES))
    guard crypto_box_beforenm(&bytes, other.bytes, secretKey) == 0 else {
      throw XKeyError(.invalidKey, "\(other) is no usable x25519 key")
    }
    return XSharedKey(bytes: bytes)
  }

  /// Encrypts a message so that `recipient` alone can read it, and is sure that it comes from this key.
  ///
  /// - Throws: as ``sharedKey(with:)`` does.
  public func seal(_ message: [UInt8], to recipient: NKeyPublicKey) throws(XKeyError) -> [UInt8] {
    try sharedKey(with: recipient).seal(message)
  }

  /// Decrypts what `sender` encrypted for this key.
  ///
  /// - Throws: ``XKeyError/Code/invalidBox``, and as ``sharedKey(with:)`` does.
  public func open(_ box: [UInt8], from sender: NKeyPublicKey) throws(XKeyError) -> [UInt8] {
    try sharedKey(with: sender).open(box)
  }

  /// The public half.
  public var description: String { publicKey.description }

  /// The public half.
  public var debugDescription: String { publicKey.description }

  /// Only the public half.
  public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}

extension String {
  fileprivate func trimmingBlanks() -> String {
    let blanks: Set<Character> = [" ", "\t", "\n", "\r", "\r\n"]
    return String(
      drop(while: blanks.contains).reversed().drop(while: blanks.contains).reversed())
  }
}
