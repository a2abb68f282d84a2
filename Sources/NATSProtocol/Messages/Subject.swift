/// The rules for subjects and queue groups.
///
/// A subject consists of one or more tokens separated by dots. Tokens are not empty, and no byte is a space or a control
/// character. In a subscription the token `*` matches one token, and `>` as the last token matches one or more.
package enum Subject {
  /// The maximum length of a subject in bytes. The default limit of a server's control line is 4 KiB.
  package static let maximumLength = 4000

  /// Whether messages can be published to a subject.
  @inlinable
  @inline(__always)
  package static func isPublishable(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let count = bytes.count
    guard count > 0, count <= maximumLength, let base = bytes.baseAddress else { return false }
    // A leading or trailing dot, and two consecutive ones, make an empty token.
    var previous = UInt8(ascii: ".")
    for index in 0..<count {
      let byte = base[index]
      if byte <= 0x20 || byte == 0x7f { return false }
      if byte == UInt8(ascii: "."), previous == UInt8(ascii: ".") { return false }
      previous = byte
    }
    return previous != UInt8(ascii: ".")
  }

  /// Whether messages can be published to a subject.
  package static func isPublishable(_ subject: String) -> Bool {
    var subject = subject
    return subject.withUTF8 { isPublishable($0) }
  }

  /// Whether a subject, which may contain wildcards, can be subscribed to.
  package static func isSubscribable(_ subject: String) -> Bool {
    guard isPublishable(subject) else { return false }
    let tokens = subject.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    for (index, token) in tokens.enumerated() where token.first == UInt8(ascii: ">") && token.count == 1 {
      if index != tokens.count - 1 { return false }
    }
    return true
  }

  /// Whether a name is valid for a queue group.
  package static func isQueueGroup(_ name: String) -> Bool {
    let utf8 = name.utf8
    return !utf8.isEmpty && utf8.count <= maximumLength && utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f }
  }
}
