import JSON
import PlatformAPI

/// The right to make one change: proof that it stands in the audit record.
///
/// What writes to a bucket on behalf of an operator takes one, so that a change without an entry does not compile.
struct AuditedChange: Sendable {
  private let entry: AuditEntry?

  fileprivate init(_ entry: AuditEntry?) { self.entry = entry }

  /// A step of a change that is recorded as a whole elsewhere.
  ///
  /// - Parameter reason: which change that is, for the reader of the code.
  static func step(of reason: StaticString) -> AuditedChange { AuditedChange(nil) }

  /// Records that the change failed after it had been recorded.
  ///
  /// - Parameter time: in unix seconds.
  func failed(_ error: APIError, at time: Double, in audit: any Auditing) {
    guard let entry else { return }
    audit.note(entry.failed(error.message, at: time))
  }
}

extension Auditing {
  /// Records a change before it is made.
  ///
  /// - Throws: ``APIError``: `unavailable` when the record can't be written or is full, `busy` when its actor has used up its share.
  ///   The change must not be made then.
  func begin(_ entry: AuditEntry) async throws(APIError) -> AuditedChange {
    try await record(entry)
    return AuditedChange(entry)
  }
}

extension AuditEntry {
  /// The action of an ended command. Repeated entries of one command are recorded once.
  static let commandEnded = "command.ended"

  /// The entry that takes this one back, as what it records was not done: of the same action and object, with the time of this one
  /// as `began_at`.
  ///
  /// - Parameter time: in unix seconds.
  func failed(_ reason: String, at time: Double) -> AuditEntry {
    var entry = self
    entry.at = time
    entry.details = ["outcome": "failed", "failed": .string(reason), "began_at": .number(at)]
    return entry
  }
}
