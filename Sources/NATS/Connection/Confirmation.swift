import Encoding

/// A publish or flush that waits for a PONG.
struct Confirmation: Sendable {
  /// The ID of the waiter in the ``WaiterTable``.
  var waiter: UInt64
  /// The subject of the publish; nil for a flush.
  var subject: String?
  /// The reply subject of the publish.
  var replyTo: String?

  /// Whether a permissions violation refers to this publish.
  func isRefused(by violation: PermissionsViolation) -> Bool {
    guard let refused = violation.subject else { return false }
    switch violation.action {
    case .publish: return subject?.hasSameBytes(as: refused) ?? false
    case .publishWithReply: return replyTo?.hasSameBytes(as: refused) ?? false
    case .subscription, .unknown: return false
    }
  }
}
