import Encoding
import PlatformAPI
import Testing

@testable import OperatorCommands

@Suite struct SilenceNoticeTests {
  private func view(
    _ status: AgentView.Status = .alive, heartbeat: Double?, every interval: Double? = 30,
    uuid: String = Samples.uuid
  ) -> AgentView {
    var view = AgentView(uuid: uuid, status: status)
    view.lastHeartbeat = heartbeat
    view.heartbeatIntervalS = interval
    return view
  }

  @Test(
    arguments: [
      (AgentView.Status.alive, 60.0, 30.0, SilenceNotice.Condition.heard), (.alive, 61, 30, .unheard),
      (.alive, 61, nil, .unheard), (.alive, 60, nil, .heard),
      // The platform shows heartbeats up to 10 s late.
      (.alive, 11, 1, .heard), (.alive, 12, 1, .unheard), (.alive, 20, 10, .heard),
      (.alive, 21, 10, .unheard),
      // After a long outage the last gap is not the interval; the platform's status decides.
      (.silent, 76, 3600, .unheard), (.pending, nil, nil, .neverConnected), (.revoked, 1, 30, .revoked),
    ] as [(AgentView.Status, Double?, Double?, SilenceNotice.Condition)])
  func agentIsUnheardAfterTwoMissedHeartbeats(
    status: AgentView.Status, age: Double?, interval: Double?, condition: SilenceNotice.Condition
  ) {
    let view = view(status, heartbeat: age.map { 1000 - $0 }, every: interval)
    #expect(SilenceNotice.condition(of: view, at: 1000) == condition)
  }

  @Test func noticeIsImmediateAndRepeatedAtInterval() {
    var notice = SilenceNotice()
    #expect(notice.line(for: view(heartbeat: 990), name: "web-1", at: 1000, waits: "for 60 s more") == nil)
    var lines: [String] = []
    for second in stride(from: 1051.0, through: 1109, by: 2) {
      if let line = notice.line(for: view(heartbeat: 990), name: "web-1", at: second, waits: "for 9 s more") {
        lines.append(line)
      }
    }
    #expect(
      lines == [
        "web-1 has been silent for 1 min, heartbeats came every 30 s; the command waits for it for 9 s more",
        "web-1 has been silent for 1 min; the command waits for it for 9 s more",
      ])
    #expect(
      notice.line(for: view(heartbeat: 1112), name: "web-1", at: 1113, waits: "")
        == "web-1 sends heartbeats again")
  }

  @Test func batchNoticeNamesSilentAgents() {
    var notice = RolloutSilenceNotice()
    let names: [ExactString: String] = ["a": "web-1"]
    func views(_ ages: [String: Double]) -> [AgentView] {
      ages.sorted { $0.key < $1.key }.map { view(heartbeat: 1000 - $0.value, uuid: $0.key) }
    }
    #expect(notice.line(for: views(["a": 5, "b": 5]), names: names, at: 1000) == nil)
    #expect(
      notice.line(for: views(["a": 62, "b": 5]), names: names, at: 1000)
        == "waiting for web-1 (silent for 1 min)")
    #expect(notice.line(for: views(["a": 67, "b": 5]), names: names, at: 1005) == nil)
    #expect(
      notice.line(for: views(["a": 70, "b": 70]), names: names, at: 1010)
        == "waiting for web-1 (silent for 1 min), b (silent for 1 min)")
    #expect(notice.line(for: views(["a": 99, "b": 5]), names: names, at: 1041) != nil)
    let many = Dictionary(uniqueKeysWithValues: (1...9).map { ("u\($0)", 99.0) })
    #expect(notice.line(for: views(many), names: [:], at: 1042)?.hasSuffix(" and 4 more") == true)
  }
}
