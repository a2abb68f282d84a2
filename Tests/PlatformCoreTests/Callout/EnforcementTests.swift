import PlatformAPI
import Testing

@testable import PlatformCore

@Suite("Grants ended by changes") struct EnforcementTests {
  private let record = CalloutDecisionTests.record

  private func name(_ index: Int) -> String {
    CalloutGrant.name(agent: record.uuid, token: record.tokens[index])
  }

  private func ends(_ old: AgentRecord?, _ new: AgentRecord?, now: Double = 1000) -> [String: [Double]] {
    let ends = CredentialChange.agent(old: old, new: new).endsOfGrants(now: now)
    return Dictionary(grouping: ends, by: \.grant).mapValues { $0.map(\.at) }
  }

  @Test func agents() {
    let now = [1000, 1001.5, 1005.0]
    var revoked = record
    revoked.revokedAt = 1
    #expect(ends(record, revoked) == [name(0): now, name(1): now])
    #expect(ends(record, nil) == [name(0): now, name(1): now])
    // A token that expires later is checked then.
    #expect(ends(nil, record) == [name(0): [1500]])
    var labelled = record
    labelled.labels = ["a": "b"]
    #expect(ends(record, labelled) == [name(0): [1500]])
    var rotated = record
    rotated.tokens.removeFirst()
    #expect(ends(record, rotated) == [name(0): now])
    #expect(ends(record, record, now: 2000) == [name(0): [2000, 2001.5, 2005]])
    #expect(ends(revoked, revoked).isEmpty)
    #expect(ends(nil, revoked).isEmpty)
  }

  @Test func operators() {
    let one = OperatorRecord(
      name: "ops", role: .operator, token: TokenHash(of: "1"), createdAt: 1, createdBy: "x")
    var viewer = one
    viewer.role = .viewer
    var rotated = one
    rotated.token = TokenHash(of: "1")
    func grants(_ old: OperatorRecord?, _ new: OperatorRecord?) -> [String] {
      CredentialChange.operator(old: old, new: new).endsOfGrants(now: 0).map(\.grant)
    }
    let mine = Array(repeating: CalloutGrant.name(of: one), count: 3)
    #expect(grants(one, nil) == mine)
    #expect(grants(one, viewer) == mine)
    #expect(grants(one, rotated) == mine)
    #expect(grants(nil, one).isEmpty)
    #expect(grants(one, one).isEmpty)
  }

  @Test(
    arguments: [
      ("11111111-1111-4111-8111-111111111111:abc", .agent("11111111-1111-4111-8111-111111111111")),
      ("ops:abc:viewer", .operator("ops")), ("11111111-1111-4111-8111-111111111111", nil), ("ops", nil),
      ("ops:abc", nil), ("ops:abc:nobody", nil), ("svc:1", nil), ("", nil), (":", nil), ("a:b:c:d", nil),
      ("11111111-1111-4111-8111-111111111111:a:viewer", nil),
      ("11111111-1111-4111-8111-111111111111:\u{212A}", nil), ("ops:e\u{301}:viewer", nil),
      ("UBPUAVFWXQ7ANM3P2SO2ENZHJAVPJAHOF2NASH2MNHOAYY7YFTLCJRKQ", nil),
    ] as [(String, CalloutIdentity?)])
  func grantsAreParsed(name: String, identity: CalloutIdentity?) {
    #expect(CalloutGrant.identity(in: name) == identity)
  }

  @Test func dueGrantsAreTakenOnce() {
    var queue = EnforcementQueue()
    for time in [1.0, 2, 2, 3] { queue.add("a", at: time) }
    queue.add("b", at: 1)
    #expect(queue.takeDue(now: 0, limit: 9).isEmpty)
    #expect(queue.takeDue(now: 1, limit: 1).count == 1)
    #expect(queue.takeDue(now: 1, limit: 9).count == 1)
    #expect(queue.takeDue(now: 2.5, limit: 9) == ["a"])
    #expect(queue.takeDue(now: 2.5, limit: 9).isEmpty)
    #expect(queue.takeDue(now: 3, limit: 9) == ["a"])
    #expect(queue.count == 0)
  }

  @Test(
    arguments: [
      ("0s", .zero), ("45s", .seconds(45)), ("1m2s", .seconds(62)), ("3h4m5s", .seconds(11_045)),
      ("1y2d3h4m5s", .seconds(31_536_000 + 183_845)), ("", nil), ("s", nil), ("5", nil), ("1w", nil),
      ("99999999999999999999s", nil),
    ] as [(String, Duration?)])
  func idleTimes(text: String, duration: Duration?) {
    #expect(ServerConnection.duration(text) == duration)
  }
}
