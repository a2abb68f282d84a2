import Locks
import PlatformAPI

extension Registry {
  /// Removes an agent's record and the enrolment tokens that it has used, so that neither its token nor they let it in again.
  /// Its uuid can be enrolled anew. Where the record is gone already, what else is left of it is removed.
  ///
  /// - Parameter change: that it is in the audit record.
  /// - Throws: `unavailable`; part of it may be done then.
  func remove(agent uuid: String, _ change: AuditedChange) async throws(APIError) {
    // It must not enroll again by its token between the two steps.
    if try await read(uuid, agentStore) != nil {
      let time = now()
      _ = try await self.change(
        uuid, agentStore, audited: { _ in nil },
        { current throws(APIError) in
          var record = try Self.requireRecord(current, uuid)
          record.tokens = []
          record.revokedAt = record.revokedAt ?? time
          return record
        })
    }
    // Another instance may have taken a claim a moment ago.
    await catchUp()
    let claimed = state.withLock { $0.enrolments.records() }.filter { $0.claimedBy == uuid }
    for enrolment in claimed {
      _ = try await remove(
        enrolment.id, enrolmentStore, audited: { _ in nil }, check: { _ throws(APIError) in })
    }
    _ = try await remove(uuid, agentStore, audited: { _ in nil }, check: { _ throws(APIError) in })
  }
}
