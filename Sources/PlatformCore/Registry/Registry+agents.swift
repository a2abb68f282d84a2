import AgentProtocol
import JSON
public import PlatformAPI

extension Registry {
  /// The allowed grace periods of former tokens, in seconds.
  static let gracePeriods: ClosedRange<Int64> = 0...2_592_000
  static let defaultGrace: Int64 = 86_400
  /// The maximum number of tokens of an agent.
  static let maximumTokens = 8

  /// Enrolls a new or revoked agent with one token.
  ///
  /// - Parameters:
  ///   - uuid: The uuid; nil generates one.
  ///   - token: The token; nil generates one.
  ///   - labels: The labels; nil keeps those of a revoked agent.
  /// - Throws: `conflict` for an enrolled agent.
  public func enroll(
    uuid: String? = nil, token: String? = nil, labels: [String: String]? = nil, by operatorName: String
  ) async throws(APIError) -> Requests.IssuedToken {
    let uuid = try Self.checkedUUID(uuid ?? MessageID.random())
    if let token { try TokenRules.check(token) }
    try LabelRules.check(labels ?? [:])
    let token = token ?? TokenKind.agent.makeToken()
    let time = now()
    let new = AgentRecord.Token(hash: TokenHash(of: token), createdAt: time)
    _ = try await change(
      uuid, agentStore,
      audited: {
        AuditEntry(
          at: time, by: operatorName, action: "agents.enroll", object: uuid,
          details: ["labels": Self.json($0.labels)])
      },
      { current throws(APIError) in
        if let current, !current.isRevoked {
          throw APIError(.conflict, "agent \(uuid) is enrolled already; rotate gives it a new token")
        }
        return AgentRecord(
          uuid: uuid, labels: labels ?? current?.labels ?? [:], tokens: [new], enrolledAt: time,
          enrolledBy: operatorName)
      })
    return Requests.IssuedToken(subject: uuid, token: token)
  }

  /// Gives an agent a new token; former ones stay valid for a grace period. Clears a suspected duplicate identity.
  ///
  /// - Parameters:
  ///   - hostname: The host name, for the audit entry.
  ///   - grace: The grace period in seconds, 0 to 2,592,000.
  ///   - token: The token; nil generates one.
  /// - Throws: `not_found`, `conflict` for a revoked agent and for one of its tokens.
  public func rotate(
    _ uuid: String, hostname: String? = nil, grace: Int64? = nil, token: String? = nil,
    by operatorName: String
  ) async throws(APIError) -> Requests.IssuedToken {
    let uuid = try Self.checkedUUID(uuid)
    let grace = grace ?? Self.defaultGrace
    try Self.check(grace, in: Self.gracePeriods, "grace_s")
    if let token { try TokenRules.check(token) }
    let token = token ?? TokenKind.agent.makeToken()
    let time = now()
    let until = time + Double(grace)
    let new = AgentRecord.Token(hash: TokenHash(of: token), createdAt: time)
    let record = try await change(
      uuid, agentStore,
      audited: { _ in
        AuditEntry(
          at: time, by: operatorName, action: "agents.rotate", object: uuid,
          details: Self.details(hostname, [.init(key: "grace_s", value: .integer(grace))]))
      },
      { current throws(APIError) in
        var record = try Self.requireRecord(current, uuid)
        guard !record.isRevoked else {
          throw APIError(.conflict, "agent \(uuid) is revoked; enroll it again to give it a token")
        }
        guard record.validToken(token, at: time) == nil else {
          throw APIError(.conflict, "agent \(uuid) has this token already")
        }
        record.tokens = record.tokens.compactMap { old in
          var old = old
          old.expiresAt = min(old.expiresAt ?? until, until)
          return old.isValid(at: time) ? old : nil
        }
        guard record.tokens.count < Self.maximumTokens else {
          throw APIError(
            .conflict,
            "agent \(uuid) has \(record.tokens.count) valid tokens; rotate with grace_s 0, which ends them")
        }
        record.tokens.append(new)
        record.cloneSuspected = nil
        return record
      })
    let hasOlder = record.tokens.count > 1
    return Requests.IssuedToken(subject: uuid, token: token, until: hasOlder ? until : nil)
  }

  /// Revokes all tokens of an agent. Observers of ``CredentialDirectory/changes`` close its connections. Idempotent.
  ///
  /// - Parameter hostname: The host name, for the audit entry.
  /// - Throws: `not_found`.
  public func revoke(
    _ uuid: String, hostname: String? = nil, reason: String? = nil, by operatorName: String
  ) async throws(APIError) -> AgentRecord {
    let uuid = try Self.checkedUUID(uuid)
    if let reason { try Self.checkText(reason, "reason") }
    let time = now()
    return try await change(
      uuid, agentStore,
      audited: { _ in
        AuditEntry(
          at: time, by: operatorName, action: "agents.revoke", object: uuid,
          details: Self.details(hostname, reason.map { [.init(key: "reason", value: .string($0))] } ?? []))
      },
      { current throws(APIError) in
        var record = try Self.requireRecord(current, uuid)
        guard !record.isRevoked else { return record }
        record.tokens = []
        record.revokedAt = time
        record.revokedReason = reason
        return record
      })
  }

  /// Sets and removes labels. Removing a missing label is no error.
  ///
  /// - Parameter hostname: The host name, for the audit entry.
  /// - Throws: `not_found`, `invalid`.
  public func label(
    _ uuid: String, hostname: String? = nil, set: [String: String], remove: [String] = [],
    by operatorName: String
  ) async throws(APIError) -> AgentRecord {
    let uuid = try Self.checkedUUID(uuid)
    try LabelRules.check(set)
    guard remove.count <= LabelRules.maximumCount else {
      throw APIError(.invalid, "at most \(LabelRules.maximumCount) labels can be removed at a time")
    }
    for key in remove {
      try LabelRules.checkKey(key)
      if set[key] != nil { throw APIError(.invalid, "label \(key) can't be set and removed at a time") }
    }
    guard !set.isEmpty || !remove.isEmpty else {
      throw APIError(.invalid, "there are no labels to set or remove")
    }
    return try await change(
      uuid, agentStore,
      audited: { [now] _ in
        AuditEntry(
          at: now(), by: operatorName, action: "agents.label", object: uuid,
          details: Self.details(
            hostname,
            [
              .init(key: "set", value: Self.json(set)),
              .init(key: "remove", value: .array(remove.map { .string($0) })),
            ]))
      },
      { current throws(APIError) in
        var record = try Self.requireRecord(current, uuid)
        for key in remove { record.labels[key] = nil }
        record.labels.merge(set) { _, new in new }
        try LabelRules.check(record.labels)
        return record
      })
  }

  /// Records that two hosts seem to share an identity, or, with nil, clears that.
  ///
  /// - Parameter seen: The evidence, for people.
  public func suspectClone(_ uuid: String, _ seen: String?) async throws(APIError) -> AgentRecord {
    let uuid = try Self.checkedUUID(uuid)
    return try await change(
      uuid, agentStore,
      audited: { [now] record in
        AuditEntry(
          at: now(), by: "platform", action: seen == nil ? "agent.clone_cleared" : "agent.clone_suspected",
          object: uuid, details: seen.map { ["seen": .string($0)] } ?? .null)
      },
      { current throws(APIError) in
        var record = try Self.requireRecord(current, uuid)
        // The first evidence stays: every heartbeat may bring new one.
        record.cloneSuspected = seen == nil ? nil : record.cloneSuspected ?? seen
        return record
      })
  }

  // MARK: Checks

  static func checkedUUID(_ text: String) throws(APIError) -> String {
    guard let uuid = AgentRecord.canonicalUUID(text) else {
      let example = UUIDText.suggestion(for: text) ?? "0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e11"
      throw APIError(.invalid, "\(SafeText.quoted(text)) is not a uuid, as \(example)")
    }
    return uuid
  }

  static func check(_ value: Int64, in range: ClosedRange<Int64>, _ name: String) throws(APIError) {
    guard range.contains(value) else {
      throw APIError(
        .invalid, "\(name) must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
    }
  }

  static func checkText(_ text: String, _ name: String) throws(APIError) {
    guard text.utf8.count <= 255, SafeText.isPrintable(text) else {
      throw APIError(.invalid, "\(name) has at most 255 bytes and no control characters")
    }
  }

  static func requireRecord(_ record: AgentRecord?, _ uuid: String) throws(APIError) -> AgentRecord {
    guard let record else { throw APIError(.notFound, "there is no agent \(uuid)") }
    return record
  }

  /// The details of an audit entry with the host name of the agent. Null when there are none.
  private static func details(_ hostname: String?, _ members: [JSONObject.Member]) -> JSONValue {
    var object = JSONObject(members)
    object.append("hostname", ifPresent: hostname.map(JSONValue.string))
    return object.isEmpty ? .null : .object(object)
  }

  static func json(_ labels: [String: String]) -> JSONValue {
    .object(
      JSONObject(labels.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .string($0.value)) }))
  }
}
