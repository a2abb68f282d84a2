import CSodium

/// The key that two x25519 key pairs share: encrypts in both directions. Prints nothing of itself.
public struct XSharedKey: Sendable, CustomStringConvertible, CustomReflectable {
  private static let version = Array("xkv1".utf8)
  private static let nonceLength = Int(crypto_box_NONCEBYTES)
  private static let tagLength = Int(crypto_box_MACBYTES)

  /// How many bytes a box is longer than its message.
  public static let overhead = version.count + nonceLength + tagLength

  private let bytes: [UInt8]

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Encrypts a message.
  public func seal(_ message: [UInt8]) -> [UInt8] {
    seal(message, nonce: Sodium.random(Self.nonceLength))
  }

  func seal(_ message: [UInt8], nonce: [UInt8]) -> [UInt8] {
    var box = [UInt8](repeating: 0, count: message.count + Self.tagLength)
    crypto_box_easy_afternm(&box, message, UInt64(message.count), nonce, bytes)
    return Self.version + nonce + box
  }

  /// Decrypts a message.
  ///
  /// - Throws: ``XKeyError/Code/invalidBox``.
  public func open(_ box: [UInt8]) throws(XKeyError) -> [UInt8] {
    guard box.count >= Self.overhead, box.starts(with: Self.version) else {
      throw XKeyError(.invalidBox, "this is not encrypted as xkv1")
    }
    let content = Self.version.count + Self.nonceLength
    let nonce = Array(box[Self.version.count..<content])
    let sealed = Array(box[content...])
    var message = [UInt8](repeating: 0, count: sealed.count - Self.tagLength)
    guard crypto_box_open_easy_afternm(&message, sealed, UInt64(sealed.count), nonce, bytes) == 0 else {
      throw XKeyError(.invalidBox, "this was not encrypted by these two keys, or was changed on its way")
    }
    return message
  }

  /// Nothing of the key.
  public var description: String { "x25519 shared key (redacted)" }

  /// Nothing of the key.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
