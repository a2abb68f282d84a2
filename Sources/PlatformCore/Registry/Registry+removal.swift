import Locks
import PlatformAPI

extension Registry {
  /// Removes an agent's record and the enrollment tokens that it has used, so that neither its token nor they authenticate it again.
  /// Its uuid can be enrolled again. Completes an interrupted removal.
  ///
  /// - Parameter change: Proof of the audit entry.
  /// - Throws: `unavailable`; the removal may be partial then.
  func remove(agent uuid: String, _ change: AuditedChange) async throws(APIError) {
    // The agent must not enroll again by its token between the two steps.
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
    // Another instance may have just accepted a claim.
    await catchUp()
    let claimed = state.withLock { $0.enrollments.records() }.filter { $0.claimedBy == uuid }
    for enrollment in claimed {
      _ = try await remove(
        enrollment.id, enrollmentStore, audited: { _ in nil }, check: { _ throws(APIError) in })
    }
    _ = try await remove(uuid, agentStore, audited: { _ in nil }, check: { _ throws(APIError) in })
  }
}
