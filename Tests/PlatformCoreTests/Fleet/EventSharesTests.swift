import Testing

@testable import PlatformCore

@Suite struct EventSubjectTests {
  @Test func subjectsOfOtherFormsAreRejected() {
    #expect(EventReader.agent(of: "agent.vm.A-1.evt") == "a-1")
    for subject in [
      "agent.vm.probe.evt", "agent.vm..evt", "agent.vm.a.b.evt", "vm.a.telemetry", "agent.vm..evt\u{301}",
      "agent.vm.\u{212A}1.evt", "agent.vm.\u{E9}.evt", "agent.vm.e\u{301}.evt",
    ] {
      #expect(EventReader.agent(of: subject) == nil, "\(subject)")
    }
    #expect(PlatformStorage.probeSubjects[PlatformStorage.eventsStream] == "agent.vm.probe.evt")
  }
}

@Suite struct EventSharesTests {
  @Test func exceedingAShareReportsOneExcess() {
    var shares = EventShares(share: 1_000, window: 3_600)
    var excesses: [EventShares.Excess] = []
    for _ in 0..<40 {
      if let excess = shares.add(100, of: "a", sequence: 7, at: 10) { excesses.append(excess) }
    }
    #expect(excesses.map(\.bytes) == [1_100, 1_100, 1_100])
    #expect(excesses.map(\.shouldLog) == [true, false, false], "one line a minute")
  }

  @Test func agentsAreCountedSeparately() {
    var shares = EventShares(share: 1_000, window: 3_600)
    let first = shares.add(999, of: "a", sequence: 7, at: 0)
    let second = shares.add(999, of: "b", sequence: 7, at: 0)
    #expect(first == nil && second == nil)
  }

  @Test func shareRefillsWithinTheWindow() {
    var shares = EventShares(share: 1_000, window: 3_600)
    for hour in 0..<100 {
      let excess = shares.add(900, of: "a", sequence: 7, at: Double(hour) * 3_600)
      #expect(excess == nil)
    }
    let late = shares.add(200, of: "a", sequence: 7, at: 99 * 3_600)
    #expect(late != nil)
  }

  @Test func earlierMessageTimesDoNotRefill() {
    var shares = EventShares(share: 1_000, window: 3_600)
    let first = shares.add(900, of: "a", sequence: 7, at: 3_600)
    let second = shares.add(200, of: "a", sequence: 7, at: 0)
    #expect(first == nil && second?.bytes == 1_100)
  }
}
