/// Something published, or a flush, that waits for the PONG after it.
struct Confirmation: Sendable {
  /// The number of whoever waits.
  var waiter: UInt64
  /// The subject published to; nil for a flush.
  var subject: String?
  /// The reply subject published with.
  var replyTo: String?

  /// Whether the server's refusal means this one.
  func isRefused(by violation: PermissionsViolation) -> Bool {
    switch violation.action {
    case .publish: subject != nil && subject == violation.subject
    case .publishWithReply: replyTo != nil && replyTo == violation.subject
    case .subscription, .unknown: false
    }
  }
}
