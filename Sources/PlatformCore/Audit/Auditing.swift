public import PlatformAPI

/// Takes down who did what. No entry may carry a secret.
public protocol Auditing: Sendable {
  /// Takes it down for good: what must not happen unrecorded calls this first.
  ///
  /// - Throws: ``APIError``, `unavailable`, when the stream has not confirmed it.
  func record(_ entry: AuditEntry) async throws(APIError)

  /// Takes it down as well as may be, without waiting; what comes faster than it can be written is counted and left out.
  func note(_ entry: AuditEntry)
}
