import JSON
public import PlatformAPI

/// A recorder of who did what. No entry may contain a secret.
public protocol Auditing: Sendable {
  /// Records an entry durably. Call this before an action that must not happen without an entry.
  ///
  /// - Throws: ``APIError``, `unavailable` when the stream has not confirmed the entry.
  func record(_ entry: AuditEntry) async throws(APIError)

  /// Queues an entry without waiting. Entries beyond the limit of the queue are dropped and counted.
  func enqueue(_ entry: AuditEntry)
}

/// Proof that a change is in the audit record: the permission to make it.
///
/// Functions that write to a bucket on behalf of an operator require one, so that a change without an entry does not
/// compile.
struct AuditedChange: Sendable {
  private let entry: AuditEntry?

  fileprivate init(_ entry: AuditEntry?) { self.entry = entry }

  /// The permission for a step of a change that is recorded as a whole elsewhere.
  ///
  /// - Parameter reason: Names that change, for readers of the code.
  static func step(of reason: StaticString) -> AuditedChange { AuditedChange(nil) }

  /// Records that the change failed after it was recorded.
  ///
  /// - Parameter time: The time in unix seconds.
  func failed(_ error: APIError, at time: Double, in audit: any Auditing) {
    guard let entry else { return }
    audit.enqueue(entry.failed(error.message, at: time))
  }
}

extension Auditing {
  /// Records a change before it is made.
  ///
  /// - Throws: ``APIError``: `unavailable` when the record can't be written or is full, `busy` when the actor has
  ///   used up its share. The change must not be made then.
  func begin(_ entry: AuditEntry) async throws(APIError) -> AuditedChange {
    try await record(entry)
    return AuditedChange(entry)
  }
}

extension AuditEntry {
  /// The action of an ended command. Repeated entries of one command are recorded once.
  static let commandEnded = "command.ended"

  /// The entry that reverts this one because the change was not made. It has the same action and object, and the time
  /// of this one as `began_at`.
  ///
  /// - Parameter time: The time in unix seconds.
  func failed(_ reason: String, at time: Double) -> AuditEntry {
    var entry = self
    entry.at = time
    entry.details = ["outcome": "failed", "failed": .string(reason), "began_at": .number(at)]
    return entry
  }
}
