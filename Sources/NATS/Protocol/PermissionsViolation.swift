/// What a server refused, read from the words of its error.
///
/// The forms (nats-server, `client.go`): `Permissions Violation for Publish to "x"`, `… for Publish with Reply of
/// "x"`, `… for Subscription to "x"`, `… for Subscription to "x" using queue "q"`. The subject is quoted as Go's `%q`.
struct PermissionsViolation: Sendable, Equatable {
  enum Action: Sendable {
    case publish
    case publishWithReply
    case subscription
    case unknown
  }

  var action: Action
  var subject: String?

  init(_ text: String) {
    let lower = text.lowercased()
    if lower.contains("for publish with reply of") {
      action = .publishWithReply
    } else if lower.contains("for publish to") {
      action = .publish
    } else if lower.contains("for subscription to") {
      action = .subscription
    } else {
      action = .unknown
    }
    subject = Self.quoted(text)
  }

  /// The first quoted text, with its escapes undone as far as a subject can need them.
  private static func quoted(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    guard let open = bytes.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
    var content: [UInt8] = []
    var index = open + 1
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
      case UInt8(ascii: "\\") where index + 1 < bytes.count:
        index += 1
        content.append(bytes[index])
      default: content.append(bytes[index])
      }
      index += 1
    }
    return nil
  }
}
