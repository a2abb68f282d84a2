import Testing

@testable import PlatformCore

@Suite("Agreement of clocks") struct ClockAgreementTests {
  /// A clock after the answers of servers; the offsets are seconds by which this machine's clock is ahead.
  private func clock(ahead offsets: [Double], at now: Double = 0) -> ClockAgreement {
    var clock = ClockAgreement()
    for (number, offset) in offsets.enumerated() {
      clock.observe(server: "\(number)", sent: 1000, received: 1000.1, time: 1000.05 - offset, now: now)
    }
    return clock
  }

  @Test func clockAgreesBeforeAnyAnswer() {
    #expect(ClockAgreement().agrees)
    #expect(ClockAgreement().offset == nil)
  }

  @Test(arguments: [
    ([0.0], true), ([29], true), ([31], false), ([-31], false), ([180], false), ([1e15], false),
    // One wrong server of two or three is not this machine's fault.
    ([180, 0, 0], true), ([180, 180, 0], false), ([180, 0], true), ([-180, -180], false),
  ]) func clockAgreesWithinThirtySeconds(offsets: [Double], agrees: Bool) {
    let clock = clock(ahead: offsets)
    #expect(clock.agrees == agrees)
    #expect((clock.problem == nil) == agrees)
  }

  @Test func roundTripTimeIsNoOffset() {
    var clock = ClockAgreement()
    clock.observe(server: "a", sent: 1000, received: 1060, time: 1059, now: 0)
    #expect(clock.offset == 0)
  }

  @Test func singleRoundDoesNotChangeTheVerdictWithConfirmation() {
    var clock = ClockAgreement(confirmedFor: 4)
    clock.observe(server: "b", sent: 980, received: 980, time: 980, now: -20)
    // The wrong server answers first.
    clock.observe(server: "a", sent: 1000, received: 1000, time: 820, now: 0)
    #expect(clock.agrees && clock.problem == nil)
    for server in ["b", "c"] {
      clock.observe(server: server, sent: 1000, received: 1000, time: 1000, now: 0.1)
    }
    clock.observe(server: "a", sent: 1005, received: 1005, time: 825, now: 5)
    #expect(clock.agrees)
    for now in [10.0, 15] {
      for server in ["a", "b", "c"] {
        clock.observe(server: server, sent: 1000, received: 1000, time: 820, now: now)
      }
    }
    #expect(!clock.agrees)
    // A new instance takes no work until the servers agree with it.
    clock = ClockAgreement(confirmedFor: 4)
    clock.observe(server: "a", sent: 1000, received: 1000, time: 820, now: 0)
    #expect(!clock.agrees)
  }

  @Test func clockAgreesAgainBelowTwentySeconds() {
    var clock = clock(ahead: [180])
    clock.observe(server: "0", sent: 1000, received: 1000, time: 975, now: 5)
    #expect(!clock.agrees)
    clock.observe(server: "0", sent: 1000, received: 1000, time: 981, now: 10)
    #expect(clock.agrees)
    clock.observe(server: "0", sent: 1000, received: 1000, time: 975, now: 15)
    #expect(clock.agrees)
  }

  @Test func silentServersAreForgotten() {
    var clock = clock(ahead: [180, 180, 180])
    clock.observe(server: "new", sent: 1000, received: 1000, time: 1000, now: 60)
    #expect(clock.agrees)
  }

  @Test func problemNamesOffsetAndDirection() {
    #expect(clock(ahead: [180]).problem?.contains("180 s ahead of the servers'") == true)
    #expect(clock(ahead: [-180]).problem?.contains("180 s behind the servers'") == true)
    #expect(clock(ahead: [180]).problem?.contains("\n") == false)
  }
}
