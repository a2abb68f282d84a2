import JSON
import PlatformAPI
import Testing

@testable import PlatformCore

/// Simulates the delivery of commands. Time is a number.
@Suite struct DeliveryScheduleTests {
  /// A simulated platform whose steps the test performs.
  private struct Simulation {
    var cache = CommandCache()
    var revision: UInt64 = 0
    var sent: [String] = []

    init(lastSeen: [String: Double] = [:], journals: [String] = ["a", "b", "c"], now: Double = 1000) {
      cache.beginDelivery(lastSeen: lastSeen, journals: journals, aliveWithin: 75, at: now)
    }

    mutating func submit(_ id: String, to agent: String = "a", at now: Double, expiresIn: Int64 = 3600) {
      write(
        CommandRecord(
          id: id, agent: agent, operation: "exec", params: .object(JSONObject()), submittedBy: "op",
          submittedAt: now, expiresAt: Int64(now) + expiresIn), at: now)
    }

    mutating func write(_ record: CommandRecord, at now: Double) {
      revision += 1
      cache.observe(record, revision: revision, at: now)
    }

    mutating func sign(_ agent: String = "a", at now: Double) {
      _ = cache.withSchedule { $0.recordHeartbeat(of: agent, at: now) }
    }

    mutating func announce(_ agent: String = "a", at now: Double) {
      _ = cache.withSchedule { $0.recordAnnouncement(of: agent, at: now) }
    }

    mutating func change(_ id: String, at now: Double, _ body: (inout CommandRecord) -> Void) {
      guard var record = cache.open[id]?.record else { return }
      body(&record)
      write(record, at: now)
    }

    /// Performs all due steps and returns them.
    mutating func work(at now: Double) -> [DeliverySchedule.Step] {
      var steps: [DeliverySchedule.Step] = []
      for agent in (cache.schedule?.due(at: now) ?? []).sorted() {
        while let step = cache.schedule?.next(for: agent, at: now) {
          steps.append(step)
          let revision = cache.open[step.id]?.revision ?? 0
          switch step {
          case .send(let id):
            change(id, at: now) { $0.recordSent(at: now, order: revision) }
            _ = cache.withSchedule { $0.recordSent(id, of: agent) }
          case .expire(let id): change(id, at: now) { $0.end(.expired, at: now) }
          case .markUnknown(let id): change(id, at: now) { $0.end(.unknown, at: now) }
          case .cancelUnsent(let id): change(id, at: now) { $0.end(.cancelled, at: now) }
          case .requestCancel(let id):
            _ = cache.withSchedule { $0.recordCancelRequest(id, of: agent, at: now) }
          }
        }
      }
      return steps
    }

    mutating func answer(_ id: String, at now: Double, status: String = "completed", code: String? = nil) {
      change(id, at: now) {
        $0.end(
          with: AgentEvent.Result(commandID: id, status: status, code: code, isReplayed: false, payload: []),
          at: now)
      }
    }
  }

  @Test func commandForALiveAgentIsSentOnce() {
    var simulation = Simulation(lastSeen: ["a": 990])
    simulation.submit("c", at: 1000)
    #expect(simulation.work(at: 1000) == [.send("c")])
    #expect(simulation.work(at: 1001).isEmpty)
    simulation.answer("c", at: 1002)
    #expect(simulation.work(at: 5000).isEmpty && simulation.cache.schedule?.count == 0)
  }

  @Test func commandsForASilentAgentAreSentInOrderLater() {
    var simulation = Simulation(lastSeen: ["a": 900])
    for (number, id) in ["c1", "c2", "c3", "c4", "c5"].enumerated() {
      simulation.submit(id, at: 1000 + Double(number), expiresIn: id == "c3" ? 30 : 3600)
    }
    #expect(simulation.work(at: 1010).isEmpty)
    #expect(simulation.work(at: 1031.9).isEmpty)
    #expect(simulation.work(at: 1032) == [.expire("c3")])
    simulation.announce(at: 1060)
    #expect(simulation.work(at: 1060) == [.send("c1"), .send("c2"), .send("c4"), .send("c5")])
  }

  @Test func retryDelayGrows() {
    var simulation = Simulation(lastSeen: ["a": 1000])
    simulation.submit("c", at: 1000, expiresIn: 3600)
    var times: [Double] = []
    for now in stride(from: 1000.0, through: 2000, by: 1) {
      simulation.sign(at: now)
      if !simulation.work(at: now).isEmpty { times.append(now) }
    }
    #expect(times == [1000, 1015, 1045, 1105, 1225, 1465, 1765])
  }

  @Test func commandIsResentWithoutJournalOnlyAfterAnAnnouncement() {
    var simulation = Simulation(lastSeen: ["a": 1000], journals: [])
    simulation.submit("c", at: 1000, expiresIn: 3600)
    var times: [Double] = []
    for now in stride(from: 1000.0, through: 1900, by: 1) {
      if now == 1800 { simulation.announce(at: now) } else { simulation.sign(at: now) }
      if !simulation.work(at: now).isEmpty { times.append(now) }
    }
    #expect(times == [1000, 1800], "it may be running what it was sent")
    _ = simulation.cache.withSchedule { $0.setKeepsJournal(of: "a", isKept: true) }
    #expect(simulation.work(at: 1900) == [.send("c")])
  }

  @Test func repeatedAnnouncementsDoNotResendWithoutLimit() {
    var simulation = Simulation(lastSeen: ["a": 1000])
    simulation.submit("c", at: 1000)
    var count = 0
    for now in stride(from: 1000.0, through: 1100, by: 1) {
      simulation.announce(at: now)
      count += simulation.work(at: now).count
    }
    #expect(count > 4 && count < 4 + 100 / 15 + 2)
  }

  @Test func newLeaderAndLateHeartbeatDoNotResendWithoutJournal() {
    var simulation = Simulation(lastSeen: ["a": 1000], journals: [])
    simulation.submit("c", at: 1000, expiresIn: 3600)
    #expect(simulation.work(at: 1000) == [.send("c")])
    simulation.cache.beginDelivery(lastSeen: ["a": 1000], journals: [], aliveWithin: 75, at: 1003)
    #expect(simulation.work(at: 1003).isEmpty)
    simulation.sign(at: 1200)
    #expect(simulation.work(at: 1200).isEmpty)
    simulation.announce(at: 1300)
    #expect(simulation.work(at: 1300) == [.send("c")], "it has connected anew")
  }

  @Test func commandsAreResentWhenASilentAgentReturns() {
    var simulation = Simulation(lastSeen: ["a": 1000])
    simulation.submit("c1", at: 1000)
    simulation.submit("c2", at: 1001)
    #expect(simulation.work(at: 1001).count == 2)
    #expect(simulation.work(at: 1080).isEmpty)
    simulation.sign(at: 1200)
    #expect(simulation.work(at: 1200) == [.send("c1"), .send("c2")])
  }

  @Test func recentCommandIsResentShortlyAfterAnAnnouncement() {
    var simulation = Simulation(lastSeen: ["a": 1000])
    simulation.submit("c", at: 1000)
    _ = simulation.work(at: 1000)
    simulation.announce(at: 1000.5)
    #expect(simulation.work(at: 1001.9).isEmpty)
    #expect(simulation.work(at: 1002) == [.send("c")])
    simulation.announce(at: 1010)
    #expect(simulation.work(at: 1010) == [.send("c")])
  }

  @Test func laterCommandsWaitForAPossiblyLostOne() {
    var simulation = Simulation(lastSeen: ["a": 1000])
    simulation.submit("c1", at: 1000)
    _ = simulation.work(at: 1000)
    simulation.announce(at: 1000.5)
    simulation.submit("c2", at: 1000.6)
    #expect(simulation.work(at: 1001).isEmpty)
    #expect(simulation.work(at: 1002) == [.send("c1"), .send("c2")])
    simulation.submit("c3", at: 1003)
    simulation.announce(at: 1002.9)
    simulation.answer("c1", at: 1003)
    simulation.answer("c2", at: 1003)
    #expect(simulation.work(at: 1003) == [.send("c3")])
  }

  @Test func sentCommandBecomesUnknownADayAfterItsExpiry() {
    var simulation = Simulation(lastSeen: ["a": 1000])
    simulation.submit("c", at: 1000, expiresIn: 60)
    _ = simulation.work(at: 1000)
    #expect(simulation.work(at: 1500).isEmpty)
    simulation.announce(at: 2000)
    #expect(simulation.work(at: 2000) == [.send("c")])
    #expect(simulation.work(at: 1060 + 86_399).isEmpty)
    #expect(simulation.work(at: 1060 + 86_400) == [.markUnknown("c")])
    #expect(simulation.cache.index.entries["c"]?.state == .unknown)
  }

  @Test func cancelledPendingCommandIsNeverSent() {
    var simulation = Simulation()
    simulation.submit("c", at: 1000)
    simulation.change("c", at: 1001) { _ = $0.cancel(by: "op", at: 1001) }
    simulation.announce(at: 1002)
    #expect(simulation.work(at: 1002).isEmpty)
    #expect(simulation.cache.index.entries["c"]?.state == .cancelled)
  }

  @Test func cancelledSentCommandIsRequestedToCancel() {
    var simulation = Simulation(lastSeen: ["a": 1000])
    simulation.submit("c", at: 1000)
    _ = simulation.work(at: 1000)
    simulation.change("c", at: 1001) { _ = $0.cancel(by: "op", at: 1001) }
    #expect(simulation.work(at: 1001) == [.requestCancel("c")])
    #expect(simulation.work(at: 1002).isEmpty)
    simulation.announce(at: 1010)
    #expect(simulation.work(at: 1010) == [.requestCancel("c")])
    simulation.answer("c", at: 1011, status: "failed", code: "cancelled")
    #expect(simulation.cache.index.entries["c"]?.state == .cancelled)
  }

  @Test func newLeaderResendsRecentCommands() {
    var simulation = Simulation(lastSeen: ["a": 1000])
    simulation.submit("old", at: 900)
    simulation.change("old", at: 900) { $0.recordSent(at: 900, order: 1) }
    simulation.submit("new", at: 999)
    simulation.change("new", at: 999) { $0.recordSent(at: 999, order: 3) }
    simulation.submit("pending", at: 1000)
    simulation.cache.beginDelivery(lastSeen: ["a": 1000], journals: ["a"], aliveWithin: 75, at: 1003)
    #expect(simulation.work(at: 1003) == [.send("old"), .send("new"), .send("pending")])
  }

  @Test func laterCommandsWaitAfterAFailedStep() {
    var simulation = Simulation(lastSeen: ["a": 1000])
    simulation.submit("c1", at: 1000)
    simulation.submit("c2", at: 1000)
    _ = simulation.cache.withSchedule { $0.hold("a", after: .send("c1"), until: 1001) }
    #expect(simulation.work(at: 1000.5).isEmpty)
    #expect(simulation.work(at: 1001) == [.send("c1"), .send("c2")])
    #expect(simulation.work(at: 1002).isEmpty)
  }

  /// The record says "sent", but the write was not acknowledged or the publish failed.
  @Test func unpublishedCommandIsSentBeforeLaterOnes() {
    var simulation = Simulation(lastSeen: ["a": 1000])
    simulation.submit("c1", at: 1000)
    simulation.submit("c2", at: 1000)
    _ = simulation.cache.withSchedule { $0.hold("a", after: .send("c1"), until: 1001) }
    simulation.change("c1", at: 1000.1) { $0.recordSent(at: 1000, order: 1) }
    #expect(simulation.work(at: 1000.9).isEmpty)
    #expect(simulation.work(at: 1001) == [.send("c1"), .send("c2")])
    #expect(simulation.work(at: 1002).isEmpty)
  }

  @Test func cancelledUncertainCommandIsRequestedToCancelOnce() {
    var simulation = Simulation(lastSeen: ["a": 1000])
    simulation.submit("c", at: 1000)
    simulation.change("c", at: 1000) { $0.recordSent(at: 1000, order: 1) }
    _ = simulation.cache.withSchedule { $0.hold("a", after: .send("c"), until: 1001) }
    simulation.change("c", at: 1000.5) { _ = $0.cancel(by: "op", at: 1000.5) }
    #expect(simulation.work(at: 1001) == [.requestCancel("c")])
    #expect(simulation.work(at: 1002).isEmpty)
  }

  @Test func olderRevisionsChangeNothing() {
    var simulation = Simulation(lastSeen: ["a": 1000])
    simulation.submit("c", at: 1000)
    let pending = simulation.cache.open["c"]
    _ = simulation.work(at: 1000)
    if let pending { simulation.cache.observe(pending.record, revision: pending.revision, at: 1000) }
    #expect(simulation.work(at: 1000).isEmpty)
    simulation.answer("c", at: 1001)
    if let pending { simulation.cache.observe(pending.record, revision: pending.revision, at: 1000) }
    #expect(simulation.work(at: 1001).isEmpty && simulation.cache.open.isEmpty)
  }

  @Test(arguments: [
    ("completed", nil, CommandView.State.completed), ("failed", "timed_out", .failed),
    ("failed", "cancelled", .cancelled), ("rejected", "cancelled", .cancelled),
    ("rejected", "not_permitted", .rejected), ("rejected", "expired", .expired), ("rejected", nil, .rejected),
  ])
  func resultDeterminesTheState(_ status: String, _ code: String?, _ state: CommandView.State) {
    var simulation = Simulation(lastSeen: ["a": 1000])
    simulation.submit("c", at: 1000)
    _ = simulation.work(at: 1000)
    simulation.answer("c", at: 1001, status: status, code: code)
    #expect(simulation.cache.index.entries["c"]?.state == state)
  }

  @Test func expiredAfterCancellationIsCancelled() {
    var simulation = Simulation(lastSeen: ["a": 1000])
    simulation.submit("c", at: 1000)
    _ = simulation.work(at: 1000)
    simulation.change("c", at: 1001) { _ = $0.cancel(by: "op", at: 1001) }
    simulation.answer("c", at: 1002, status: "rejected", code: "expired")
    #expect(simulation.cache.index.entries["c"]?.state == .cancelled)
  }

  @Test(arguments: [("COMMAND-K", "COMMAND-\u{212A}"), ("command-\u{E9}", "command-e\u{301}")])
  func canonicallyEquivalentCommandIDIsUnknown(_ id: String, _ equivalent: String) {
    var simulation = Simulation()
    simulation.submit(id, at: 1000)
    #expect(simulation.cache.openCommand(id, of: "a") != nil)
    #expect(simulation.cache.openCommand(equivalent, of: "a") == nil)
    #expect(simulation.cache.openCommand(id, of: "b") == nil)
  }

  @Test(arguments: [("/\u{E9}", "/e\u{301}"), ("K", "\u{212A}")])
  func submissionWithCanonicallyEquivalentParametersIsAnother(_ path: String, _ equivalent: String) {
    func record(_ path: String) -> CommandRecord {
      CommandRecord(
        id: "command-1", agent: "a", operation: "exec", params: ["command": .string(path)], submittedBy: "op",
        submittedAt: 1000, expiresAt: 2000)
    }
    #expect(record(path).isSameRequest(as: record(path)))
    #expect(!record(path).isSameRequest(as: record(equivalent)))
  }

  @Test func recordRoundTrips() {
    var record = CommandRecord(
      id: "c", agent: "a", operation: "exec", params: ["Some_Key": [1, 2.5, "x"], "n": 18_446_744],
      timeoutS: 5, submittedBy: "op", submittedAt: 1000.25, expiresAt: 2000)
    #expect(CommandRecord(decoding: record.encoded) == record)
    record.recordSent(at: 1001, order: 77)
    _ = record.cancel(by: "other", at: 1002)
    record.end(
      with: AgentEvent.Result(commandID: "c", status: "failed", code: "x", isReplayed: false, payload: []),
      at: 1003)
    #expect(CommandRecord(decoding: record.encoded) == record)
    #expect(CommandRecord(decoding: Array("{}".utf8)) == nil)
  }
}

@Suite struct SubmissionTests {
  private func submit(_ request: Requests.Submit) throws -> CommandRecord {
    try Submission.record(of: request, agent: "u", by: "op", expiresIn: 3600, at: 1000.5)
  }

  @Test func submissionCreatesARecord() throws {
    let record = try submit(.init(agent: "web", operation: "exec", params: ["a": 1], timeoutS: 5))
    #expect(record.agent == "u" && record.expiresAt == 4601 && record.state == .pending)
    #expect(record.id.utf8.count == 36)
    let none = try submit(.init(agent: "web", operation: "exec", params: []))
    #expect(none.params == .object(JSONObject()))
  }

  @Test(arguments: [
    Requests.Submit(agent: "a", operation: ""), .init(agent: "a", operation: "two words"),
    .init(agent: "a", operation: String(repeating: "x", count: 65)),
    .init(agent: "a", operation: "x", params: [1]), .init(agent: "a", operation: "x", params: "s"),
    .init(agent: "a", operation: "x", params: ["t": .string(String(repeating: "x", count: 300_000))]),
    .init(agent: "a", operation: "x", timeoutS: 0), .init(agent: "a", operation: "x", timeoutS: 86_401),
    .init(agent: "a", operation: "x", expiresInS: 0), .init(agent: "a", operation: "x", expiresInS: 604_801),
    .init(agent: "a", operation: "x", id: "short"), .init(agent: "a", operation: "x", id: "with.dots.x"),
    .init(agent: "a", operation: "x", id: "wild*card"),
  ])
  func invalidSubmissionIsRejected(_ request: Requests.Submit) {
    #expect(throws: APIError.self) { try submit(request) }
  }
}

@Suite struct CommandIndexTests {
  private func entry(
    _ id: String, _ agent: String, at: Double, _ state: CommandView.State, _ revision: UInt64
  )
    -> CommandIndex.Entry
  {
    CommandIndex.Entry(
      id: id, agent: agent, submittedAt: at, state: state, revision: revision, writtenAt: at)
  }

  @Test func commandsAreListedNewestFirstAndFound() {
    var index = CommandIndex()
    index.insert(entry("aaaa1", "x", at: 30, .pending, 1))
    index.insert(entry("aaaa2", "y", at: 10, .sent, 2))
    index.insert(entry("bbbb3", "x", at: 20, .completed, 3))
    #expect(index.list(agent: nil, state: nil, limit: 9).map(\.id) == ["aaaa1", "bbbb3", "aaaa2"])
    #expect(index.list(agent: nil, state: nil, limit: 1).map(\.id) == ["aaaa1"])
    #expect(index.list(agent: "x", state: .completed, limit: 9).map(\.id) == ["bbbb3"])
    #expect(index.find("bbbb") == ["bbbb3"] && index.find("aaaa").count == 2 && index.find("bbb").isEmpty)
    #expect(index.openCount == 2 && index.openCount(of: "x") == 1)
    index.insert(entry("aaaa1", "x", at: 30, .failed, 4))
    index.insert(entry("aaaa1", "x", at: 30, .pending, 1))
    #expect(index.openCount == 1 && index.openCount(of: "x") == 0)
    index.removeAll(writtenBefore: 15)
    #expect(index.openCount == 0 && index.list(agent: nil, state: nil, limit: 9).count == 2)
    index.remove("aaaa1")
    #expect(index.list(agent: nil, state: nil, limit: 9).map(\.id) == ["bbbb3"])
  }
}
