import AgentProtocol
import JSON
import Testing

@testable import AgentCore

@Suite struct CommandGateTests {
  private static let now = ClockReading(now: 1_000, isSynchronised: true)

  private func gate(allowing operations: [String] = ["echo", "slow"]) throws -> CommandGate {
    CommandGate(
      agent: try #require(AgentUUID("Agent-1")), catalogue: Catalogue([Echo(), GatedOperation("slow")]),
      policy: CommandPolicy(allowedOperations: operations, executables: ExecutableAllowlist([])))
  }

  private func envelope(
    _ payload: String, id: String = "c", type: String = "command", agent: String = "agent-1"
  )
    -> Envelope
  {
    Envelope(id: id, type: type, agentUUID: agent, timestamp: 990, payload: Array(payload.utf8))
  }

  @Test(arguments: [
    Envelope(id: "c", payload: Array(#"{"operation":"echo","params":{"text":1}}"#.utf8)),
    Envelope(id: "", payload: Array(#"{"operation":"echo","params":{"text":1}}"#.utf8)),
    Envelope(
      id: "c", type: "command", agentUUID: "AGENT-1",
      payload: Array(#"{"operation":"slow","params":[]}"#.utf8)),
    Envelope(id: "c", payload: Array(#"{"operation":"slow","expires_at":1000}"#.utf8)),
  ])
  func permittedCommandsAreAdmitted(envelope: Envelope) throws {
    #expect(try gate().admit(envelope, at: Self.now).id == envelope.id)
  }

  static let refusals: [(Envelope, ResultPayload.Code)] = [
    (Envelope(id: "c", type: "result", payload: Array(#"{"operation":"echo"}"#.utf8)), .invalidParams),
    (Envelope(id: "c", type: "Command", payload: Array(#"{"operation":"slow"}"#.utf8)), .invalidParams),
    (Envelope(id: "c", agentUUID: "agent-2", payload: Array(#"{"operation":"slow"}"#.utf8)), .invalidParams),
    (
      Envelope(id: "c", payload: Array(#"{"operation":"slow"}"#.utf8), malformedFields: ["timestamp"]),
      .invalidParams
    ),
    (Envelope(id: "a\nb", payload: Array(#"{"operation":"slow"}"#.utf8)), .invalidParams),
    (
      Envelope(id: String(repeating: "x", count: 129), payload: Array(#"{"operation":"slow"}"#.utf8)),
      .invalidParams
    ),
    (Envelope(id: "c"), .invalidParams),
    (Envelope(id: "c", payload: Array("[1]".utf8)), .invalidParams),
    (Envelope(id: "c", payload: Array(#"{"operation":"nothing"}"#.utf8)), .unknownOperation),
    (Envelope(id: "c", payload: Array(#"{"operation":"SLOW"}"#.utf8)), .unknownOperation),
    (Envelope(id: "c", payload: Array(#"{"operation":"slow "}"#.utf8)), .unknownOperation),
    (Envelope(id: "c", payload: Array(#"{"operation":"echo"}"#.utf8)), .invalidParams),
    (Envelope(id: "c", payload: Array(#"{"operation":"slow","expires_at":999}"#.utf8)), .expired),
    (Envelope(id: "c", payload: Array(#"{"operation":"slow","expires_at":-1}"#.utf8)), .expired),
    (
      Envelope(id: "c", payload: Array(#"{"operation":"slow","params":{"parallel":1}}"#.utf8)), .invalidParams
    ),
  ]

  @Test(arguments: refusals)
  func invalidCommandsAreRejected(envelope: Envelope, code: ResultPayload.Code) throws {
    let gate = try gate()
    #expect { try gate.admit(envelope, at: Self.now) } throws: { ($0 as? Refusal)?.code == code }
  }

  @Test(arguments: [("caf\u{E9}", "cafe\u{301}"), ("K", "\u{212A}")])
  func operationsAreComparedByBytes(name: String, equivalent: String) {
    let policy = CommandPolicy(allowedOperations: [name], executables: ExecutableAllowlist([]))
    #expect(policy.allows(name))
    #expect(!policy.allows(equivalent))
    let catalogue = Catalogue([GatedOperation(name)])
    #expect(catalogue[name] != nil)
    #expect(catalogue[equivalent] == nil)
  }

  @Test func unlistedOperationIsNotPermitted() throws {
    let gate = try gate(allowing: ["echo"])
    #expect { try gate.admit(envelope(#"{"operation":"slow"}"#), at: Self.now) } throws: {
      ($0 as? Refusal)?.code == .notPermitted
    }
  }

  @Test(arguments: [
    (ClockReading(now: 1_800_000_001, isSynchronised: true), ResultPayload.Code?.some(.expired)),
    (ClockReading(now: 1_800_000_000, isSynchronised: true), nil),
    (ClockReading(now: 1_800_000_001, isSynchronised: false), .expired),
    (ClockReading(now: 1_800_000_000, isSynchronised: false), .busy),
    (ClockReading(now: 0, isSynchronised: false), .busy),
  ])
  func expiryIsJudgedByATrustedClock(reading: ClockReading, expected: ResultPayload.Code?) throws {
    let gate = try gate()
    let command = envelope(#"{"operation":"slow","expires_at":1800000000}"#)
    var code: ResultPayload.Code?
    do { _ = try gate.admit(command, at: reading) } catch { code = error.code }
    #expect(code == expected)
  }

  @Test(arguments: [
    (Int64?.none, Int64?.none, Int64?.none), (nil, 5, 5), (3, nil, 3), (3, 5, 3), (5, 3, 3), (4, 4, 4),
  ])
  func earlierOfTimestampAndMadeAtCounts(madeAt: Int64?, sentAt: Int64?, expected: Int64?) {
    let payload = CommandPayload(operation: "slow", madeAt: madeAt)
    #expect(CommandRequest(id: "c", payload: payload, sentAt: sentAt).madeAt == expected)
  }

  @Test func queriesRunWhileTheTimeIsUnknown() throws {
    let query = envelope(#"{"operation":"echo","params":{"text":1},"expires_at":1800000000}"#)
    #expect(try gate().admit(query, at: ClockReading(now: 0, isSynchronised: false)).id == "c")
  }

  @Test(arguments: [
    (Int64?.none, Duration?.none, Duration.seconds(30)), (5, nil, .seconds(5)),
    (nil, .seconds(3), .seconds(3)),
    (60, .seconds(3), .seconds(3)), (2, .seconds(3), .seconds(2)),
  ])
  func localTimeLimitCannotBeRaised(asked: Int64?, limit: Duration?, expected: Duration) throws {
    let operation = Limited(limit: limit)
    let gate = CommandGate(
      agent: try #require(AgentUUID("a")), catalogue: Catalogue([operation]),
      policy: CommandPolicy(allowedOperations: ["limited"], executables: ExecutableAllowlist([])))
    let timeout = asked.map { ",\"timeout_s\":\($0)" } ?? ""
    let command = try gate.admit(envelope(#"{"operation":"limited"\#(timeout)}"#, agent: ""), at: Self.now)
    #expect(command.deadline(default: .seconds(30)) == expected)
  }

  private struct Limited: AgentCore.Operation {
    let entry = CatalogueEntry("limited", "for tests")
    let executionMode = ExecutionMode.ordered
    let limit: Duration?

    func timeLimit(for parameters: Void) -> Duration? { limit }
    func run(_ parameters: Void, in context: CommandContext) async -> OperationOutcome { .completed(nil) }
  }
}

extension CommandGate {
  fileprivate func admit(_ envelope: Envelope, at time: ClockReading) throws(Refusal) -> AdmittedCommand {
    try admit(try read(envelope), at: time)
  }
}
