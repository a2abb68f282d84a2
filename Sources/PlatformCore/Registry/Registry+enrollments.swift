import JSON
import Locks
import Logging
public import PlatformAPI

extension Registry {
  /// The maximum number of stored enrollment tokens.
  static let maximumOpenEnrollments = 100_000

  /// Creates a token that enrolls one agent.
  ///
  /// - Parameter lifetime: The lifetime in seconds; nil for 86,400.
  public func createEnrollment(
    labels: [String: String]? = nil, lifetime: Int64? = nil, by operatorName: String
  ) async throws(APIError) -> Requests.IssuedToken {
    try LabelRules.check(labels ?? [:])
    let lifetime = lifetime ?? 86_400
    try Self.check(lifetime, in: EnrollmentRecord.lifetimes, "ttl_s")
    guard state.withLock({ $0.enrollments.count }) < Self.maximumOpenEnrollments else {
      throw APIError(
        .busy,
        "there are \(Self.maximumOpenEnrollments) enrollment tokens; remove some or wait until they expire")
    }
    let token = TokenKind.enrollment.makeToken()
    let time = now()
    let record = EnrollmentRecord(
      id: EnrollmentRecord.id(of: token), labels: labels ?? [:], createdAt: time, createdBy: operatorName,
      expiresAt: time + Double(lifetime))
    _ = try await change(
      record.id, enrollmentStore,
      audited: {
        AuditEntry(
          at: time, by: operatorName, action: "enrolments.create", object: $0.shortID,
          details: ["labels": Self.json($0.labels), "expires_at": .number($0.expiresAt)])
      },
      { _ throws(APIError) in record })
    return Requests.IssuedToken(subject: "", token: token, until: record.expiresAt)
  }

  /// Enrolls an unknown agent by a one-time token, which becomes the agent's token. Of several agents that try, one succeeds; the
  /// same agent may retry and gets the same record.
  public func claimEnrollment(token: String, uuid: String) async throws(APIError) -> AgentRecord {
    let uuid = try Self.checkedUUID(uuid)
    guard TokenKind.of(token) == .enrollment, TokenRules.lengths.contains(token.utf8.count) else {
      throw APIError(.notFound, "this is no enrollment token")
    }
    if let known = try await read(uuid, agentStore)?.record {
      // The agent claimed it before, and the response was lost.
      if known.validToken(token, at: now()) != nil { return known }
      throw Self.knownAgent(known)
    }
    let claim = try await claim(token, for: uuid)
    let time = now()
    let new = AgentRecord.Token(hash: TokenHash(of: token), createdAt: time)
    do throws(APIError) {
      return try await change(
        uuid, agentStore,
        audited: { _ in
          AuditEntry(
            at: time, by: claim.createdBy, action: "agents.enroll", object: uuid,
            details: ["enrolment": .string(claim.shortID), "labels": Self.json(claim.labels)])
        },
        { current throws(APIError) in
          if let current {
            if current.validToken(token, at: time) != nil { return current }
            throw Self.knownAgent(current)
          }
          return AgentRecord(
            uuid: uuid, labels: claim.labels, tokens: [new], enrolledAt: time, enrolledBy: claim.createdBy)
        })
    } catch {
      if error.code == .conflict { await releaseClaim(claim) }
      throw error
    }
  }

  /// Removes an unused enrollment token.
  ///
  /// - Parameter id: At least 4 characters of the beginning of its id.
  /// - Throws: `not_found`, `invalid` when it matches several.
  public func removeEnrollment(_ id: String, by operatorName: String) async throws(APIError)
    -> EnrollmentRecord
  {
    let isID =
      (4...64).contains(id.utf8.count)
      && id.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    guard isID else {
      throw APIError(
        .invalid, "\(SafeText.quoted(id)) is not the id of an enrollment token: 4 to 64 of 0-9 and a-f")
    }
    let absent = APIError(.notFound, "there is no unused enrollment token \(id)")
    let time = now()
    let found = state.withLock { state in
      state.enrollments.keys(beginningWith: id, limit: 64).filter {
        state.enrollments[$0]?.isOpen(at: time) == true
      }
    }
    guard let key = found.first else { throw absent }
    guard found.count == 1 else {
      throw APIError(.invalid, "\(id) fits several enrollment tokens: give more of the id")
    }
    let removed = try await remove(
      key, enrollmentStore,
      audited: {
        AuditEntry(at: time, by: operatorName, action: "enrolments.remove", object: $0.shortID)
      },
      check: { record throws(APIError) in
        guard record.claimedBy == nil else { throw absent }
      })
    guard let removed else { throw absent }
    return removed
  }

  /// Claims a token for `uuid`; of several agents that try, one succeeds.
  private func claim(_ token: String, for uuid: String) async throws(APIError) -> EnrollmentRecord {
    try await change(
      EnrollmentRecord.id(of: token), enrollmentStore, audited: { _ in nil },
      { current throws(APIError) in
        guard var record = current else { throw APIError(.notFound, "there is no such enrollment token") }
        // Claimed before; the instance stopped before the agent was enrolled.
        if record.claimedBy == uuid { return record }
        let time = self.now()
        guard record.claimedBy == nil else {
          throw APIError(.conflict, "enrollment token \(record.shortID) was used for another agent")
        }
        guard time < record.expiresAt else {
          throw APIError(.conflict, "enrollment token \(record.shortID) has expired")
        }
        record.claimedBy = uuid
        record.claimedAt = time
        return record
      })
  }

  /// Releases a claim after the agent was enrolled otherwise, so that another agent can use the token.
  private func releaseClaim(_ claim: EnrollmentRecord) async {
    do {
      _ = try await change(claim.id, enrollmentStore, audited: { _ in nil }) { current throws(APIError) in
        guard var record = current else { throw APIError(.notFound, "there is no such enrollment token") }
        guard record.claimedBy == claim.claimedBy else { return record }
        record.claimedBy = nil
        record.claimedAt = nil
        return record
      }
    } catch {
      logger.warning(
        "registry.enrolment_not_given_back", metadata: ["id": "\(claim.shortID)", "error": "\(error)"])
    }
  }

  private static func knownAgent(_ record: AgentRecord) -> APIError {
    APIError(
      .conflict,
      record.isRevoked
        ? "agent \(record.uuid) is revoked: an enrollment token does not bring it back, enroll does"
        : "agent \(record.uuid) is enrolled already and this is none of its tokens")
  }
}
