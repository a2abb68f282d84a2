import CSodium

/// The shared key of two x25519 key pairs, which encrypts in both directions. Its descriptions are redacted.
public struct XSharedKey: Sendable, CustomStringConvertible, CustomReflectable {
  private static let version = Array("xkv1".utf8)
  private static let nonceLength = Int(crypto_box_NONCEBYTES)
  private static let tagLength = Int(crypto_box_MACBYTES)

  /// The difference between the size of a box and its message, in bytes.
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
      throw XKeyError(.invalidBox, "the message is not encrypted as xkv1")
    }
    let content = Self.version.count + Self.nonceLength
    let nonce = Array(box[Self.version.count..<content])
    let sealed = Array(box[content...])
    var message = [UInt8](repeating: 0, count: sealed.count - Self.tagLength)
    guard crypto_box_open_easy_afternm(&message, sealed, UInt64(sealed.count), nonce, bytes) == 0 else {
      throw XKeyError(.invalidBox, "the message was not encrypted with these keys, or was modified")
    }
    return message
  }

  /// A redacted description.
  public var description: String { "x25519 shared key (redacted)" }

  /// An empty mirror.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
