import NKeys
import PlatformAPI
import Testing

@testable import PlatformCore

@Suite("Decisions of the callout") struct CalloutDecisionTests {
  static let uuid = CalloutServerTests.uuid
  static let name = "plusclouds-vm-agent:\(uuid)"
  static let decision = CalloutDecision(tokenLifetime: .seconds(3600), replyTTL: .seconds(60))

  static let record = AgentRecord(
    uuid: uuid, labels: [:],
    tokens: [
      .init(hash: TokenHash(of: "old"), createdAt: 1, expiresAt: 1500),
      .init(hash: TokenHash(of: "new"), createdAt: 2),
    ], enrolledAt: 1, enrolledBy: "test")

  static var revoked: AgentRecord {
    var revoked = record
    revoked.revokedAt = 900
    return revoked
  }

  struct Case: Sendable {
    var what: String
    var token = "new"
    var name = CalloutDecisionTests.name
    var record: AgentRecord? = CalloutDecisionTests.record
    var now = 1000.0
    var refusal: CalloutRefusal?
    var expiresAt: Int64 = 4600
  }

  static let cases: [Case] = [
    Case(what: "its token"),
    Case(what: "its old token in the grace time", token: "old", expiresAt: 1500),
    Case(what: "a second before that ends", token: "old", now: 1499.5, expiresAt: 1500),
    Case(what: "its old token afterwards", token: "old", now: 1500, refusal: .wrongToken),
    Case(what: "another token", token: "New", refusal: .wrongToken),
    Case(what: "no token", token: "", refusal: .wrongToken),
    Case(what: "unknown agent", record: nil, refusal: .unknown),
    Case(what: "a revoked agent", record: revoked, refusal: .revoked),
    Case(what: "a revoked agent, wrong token", token: "x", record: revoked, refusal: .revoked),
    Case(what: "another type", name: "plusclouds-db-agent:\(uuid)", refusal: .wrongAgentType),
    Case(what: "another uuid", name: "plusclouds-vm-agent:x", refusal: .wrongAgentType),
    Case(what: "no name", name: "", refusal: .wrongAgentType),
    Case(what: "a name that goes on", name: name + "x", refusal: .wrongAgentType),
    // Without a valid token, the refusal does not reveal the type.
    Case(what: "wrong token and type", token: "x", name: "", refusal: .wrongToken),
  ]

  @Test(arguments: cases) func agents(_ test: Case) {
    let attempt = ConnectRequest(user: Self.uuid, token: test.token, connectionName: test.name)
    let result = Result { () throws(CalloutRefusal) in
      try Self.decision.agent(attempt, test.record, now: test.now, jitter: 0)
    }
    switch result {
    case .failure(let refusal): #expect(refusal == test.refusal, "\(test.what)")
    case .success(let acceptance):
      #expect(test.refusal == nil, "\(test.what)")
      #expect(acceptance.expiresAt == test.expiresAt, "\(test.what)")
      #expect(acceptance.claims.pub.allow == ["agent.vm.\(Self.uuid).evt", "vm.\(Self.uuid).telemetry"])
      #expect(acceptance.claims.sub.allow == ["agent.vm.\(Self.uuid).cmd"])
      #expect(acceptance.claims.resp == .init(max: 1, ttl: .seconds(60)))
      #expect(CalloutGrant.valid(for: Self.record, at: test.now).contains(acceptance.grant))
      #expect(CalloutGrant.user(in: acceptance.grant) == Self.uuid)
    }
  }

  @Test(arguments: [(-1.0, 4240), (0, 4600), (1, 4960), (50, 4960)] as [(Double, Int64)])
  func lifetimesAreSpread(jitter: Double, end: Int64) throws {
    let attempt = ConnectRequest(user: Self.uuid, token: "new", connectionName: Self.name)
    #expect(try Self.decision.agent(attempt, Self.record, now: 1000, jitter: jitter).expiresAt == end)
  }

  @Test(arguments: OperatorRole.allCases) func operators(role: OperatorRole) throws {
    let record = OperatorRecord(
      name: "ops", role: role, token: TokenHash(of: "right"), createdAt: 1, createdBy: "test")
    var attempt = ConnectRequest(user: "ops", token: "right", connectionName: "")
    let claims = try Self.decision.operator(attempt, record, now: 1000, jitter: 0).claims
    #expect(
      claims.sub.allow == [
        "_INBOX_ops.>", "pls.done.ops.*", "agent.vm.*.evt", "pls.results.*.*.*", "vm.*.telemetry",
      ])
    #expect(claims.resp == nil)
    let allowed = claims.pub.allow ?? []
    if role == .admin {
      #expect(allowed == ["pls.api.ops.>"])
    } else {
      #expect(Set(allowed) == Set(role.methods.map { "pls.api.ops.\($0.rawValue)" }))
      #expect(!allowed.isEmpty)
    }
    attempt.token = "wrong"
    #expect(throws: CalloutRefusal.wrongToken) {
      try Self.decision.operator(attempt, record, now: 1000, jitter: 0)
    }
    #expect(throws: CalloutRefusal.unknown) {
      try Self.decision.operator(attempt, nil, now: 1000, jitter: 0)
    }
  }

  @Test(
    arguments: [
      (uuid, .agent(uuid)), (uuid.uppercased(), nil), ("ops", .operator("ops")), ("", nil), ("Ops", nil),
      ("a.b", nil), ("a>", nil), ("*", nil), (uuid + "0", nil), ("platform ", nil),
      (String(repeating: "a", count: 33), nil),
    ] as [(String, CalloutIdentity?)])
  func names(user: String, identity: CalloutIdentity?) {
    #expect(CalloutIdentity(user: user) == identity)
  }

  @Test(
    arguments: [
      ("Client", "nats", nil), ("Client", "websocket", nil), ("Client", "mqtt", .wrongConnectionKind),
      ("Leafnode", "", .wrongConnectionKind), ("", "", .wrongConnectionKind),
    ] as [(String, String, CalloutRefusal?)])
  func kinds(kind: String, type: String, refusal: CalloutRefusal?) {
    let attempt = ConnectRequest(user: "ops", token: "", connectionName: "", kind: kind, type: type)
    do throws(CalloutRefusal) {
      _ = try CalloutDecision.identity(of: attempt)
      #expect(refusal == nil)
    } catch {
      #expect(error == refusal)
    }
  }

  @Test func descriptionsContainNoSecret() {
    let attempt = ConnectRequest(user: "ops", token: "s3cret", connectionName: "")
    var text = "\(attempt)"
    dump(attempt, to: &text)
    debugPrint(attempt, to: &text)
    #expect(!text.contains("s3cret"))
  }
}
