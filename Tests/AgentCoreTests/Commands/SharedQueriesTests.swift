import AgentProtocol
import JSON
import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(2))) struct SharedQueriesTests {
  private static func text(_ size: Int) -> OperationOutcome {
    .completed(.string(String(repeating: "x", count: size)))
  }

  @Test func equalQueriesThatWaitTogetherShareOneRun() async throws {
    let heavy = HeavyQuery("heavy", bytes: 1 << 20)
    let rig = try DispatcherRig(others: [heavy])
    try await rig.run {
      for number in 1...100 { rig.send("\(number)", "heavy") }
      rig.send("echo", "echo", #","params":{"text":1}"#)
      _ = await rig.uplink.results(1)
      heavy.gate.release()
      let results = await rig.uplink.results(101)
      #expect(Set(results.map { $0.payload?["command_id"] }).count == 101)
      #expect(results.allSatisfy { $0.payload?["status"] == "completed" })
    }
    // The first run began with one query; all others share the second run.
    #expect(heavy.gate.started.count == 2)
  }

  @Test func queriesWithOtherParametersRunSeparately() async throws {
    let heavy = HeavyQuery("heavy", bytes: 1 << 20)
    let rig = try DispatcherRig(others: [heavy])
    try await rig.run {
      for number in 1...5 { rig.send("\(number)", "heavy", #","params":{"name":"\#(number)"}"#) }
      await heavy.gate.waitUntilStarted(5)
      heavy.gate.release()
    }
    #expect(heavy.gate.maximumRunning == 5)
  }

  @Test func queriesBeyondTheBudgetAreRejectedBusy() async throws {
    let heavy = HeavyQuery("heavy", bytes: 30 << 20)
    let rig = try DispatcherRig(others: [heavy])
    try await rig.run {
      for number in 1...5 { rig.send("\(number)", "heavy", #","params":{"name":"\#(number)"}"#) }
      let busy = await rig.uplink.results(3)
      #expect(busy.allSatisfy { $0.payload?["status"] == "rejected" && $0.payload?["code"] == "busy" })
      heavy.gate.release()
      _ = await rig.uplink.results(5)
      // Their reservations are released.
      rig.send("again", "heavy")
      let result = await rig.uplink.results(6).last?.payload
      #expect(result?["status"] == "completed")
    }
    #expect(heavy.gate.maximumRunning == 2)
  }

  @Test func outcomeKeepsItsBytesReservedUntilItIsReleased() async {
    let queries = SharedQueries(limit: 1_000)
    var share: SharedQueries.Share? = await queries.outcome(
      of: .init(operation: "a", digest: 0), cost: 1_000
    ) { Self.text(500) }
    #expect(share?.outcome == Self.text(500))
    let refused = await queries.outcome(of: .init(operation: "b", digest: 0), cost: 600) { Self.text(1) }
    #expect(refused.outcome.output == nil)
    share = nil
    let admitted = await queries.outcome(of: .init(operation: "b", digest: 0), cost: 600) { Self.text(1) }
    #expect(admitted.outcome == Self.text(1))
  }

  @Test func auditLinesAreLimitedPerClass() {
    var limiter = AuditLimiter()
    let now = ContinuousClock.now
    var admitted = 0
    for _ in 0..<40_000 where limiter.admits(.query, "system.memory", at: now) { admitted += 1 }
    #expect(admitted == AuditLimiter.burst)
    let others = [limiter.admits(.control, "agent.cancel", at: now), limiter.admits(.refusal, "", at: now)]
    #expect(others == [true, true])
    let (summary, empty) = (limiter.takeSummary(), limiter.takeSummary())
    #expect(summary == ["system.memory": 40_000 - AuditLimiter.burst])
    #expect(empty.isEmpty)
    let later = (0..<2).map { _ in limiter.admits(.query, "system.memory", at: now + .seconds(1)) }
    #expect(later == [true, false], "one more a second")
  }
}

/// A query with a declared cost that ends when its gate is released.
private struct HeavyQuery: AgentCore.Operation {
  let entry: CatalogueEntry
  let executionMode = ExecutionMode.immediate
  let queryCost: QueryCost
  let gate: GatedOperation

  init(_ name: String, bytes: Int) {
    entry = CatalogueEntry(name, "for tests")
    queryCost = .shared(bytes: bytes)
    gate = GatedOperation(name, executionMode: .immediate)
  }

  func run(_ parameters: Void, in context: CommandContext) async -> OperationOutcome {
    await gate.run((), in: context)
  }
}
