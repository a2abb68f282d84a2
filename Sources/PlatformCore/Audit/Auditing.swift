public import PlatformAPI

/// A recorder of who did what. No entry may contain a secret.
public protocol Auditing: Sendable {
  /// Records an entry durably. Whatever must not happen unrecorded calls this first.
  ///
  /// - Throws: ``APIError``, `unavailable` when the stream has not confirmed the entry.
  func record(_ entry: AuditEntry) async throws(APIError)

  /// Queues an entry without waiting. Entries beyond the limit of the queue are dropped and counted.
  func note(_ entry: AuditEntry)
}
