/// The rules for subjects, subscriptions' subjects and queue groups.
///
/// A subject is one or more tokens with dots between them. No token may be empty, and no byte may be a space, a
/// tab, CR, LF or NUL. In a subscription a token `*` stands for any one token, and `>` as the last one for all that follow.
enum Subject {
  /// How long a subject may be; the server's control line is 4 KiB by default.
  static let maximumLength = 4000

  /// Whether `bytes` may be published to.
  @inline(__always)
  static func isPublishable(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let count = bytes.count
    guard count > 0, count <= maximumLength, let base = bytes.baseAddress else { return false }
    // A dot first, last or twice in a row makes an empty token.
    var previous = UInt8(ascii: ".")
    for index in 0..<count {
      let byte = base[index]
      if byte <= 0x20 || byte == 0x7f { return false }
      if byte == UInt8(ascii: "."), previous == UInt8(ascii: ".") { return false }
      previous = byte
    }
    return previous != UInt8(ascii: ".")
  }

  /// Whether `subject` may be published to.
  static func isPublishable(_ subject: String) -> Bool {
    var subject = subject
    return subject.withUTF8 { isPublishable($0) }
  }

  /// Whether `subject` may be subscribed to.
  static func isSubscribable(_ subject: String) -> Bool {
    guard isPublishable(subject) else { return false }
    let tokens = subject.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    for (index, token) in tokens.enumerated() where token.first == UInt8(ascii: ">") && token.count == 1 {
      if index != tokens.count - 1 { return false }
    }
    return true
  }

  /// Whether `name` may be the name of a queue group.
  static func isQueueGroup(_ name: String) -> Bool {
    let utf8 = name.utf8
    return !utf8.isEmpty && utf8.count <= maximumLength && utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f }
  }
}
