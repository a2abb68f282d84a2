import Testing

@testable import PlatformCore

@Suite struct AuditLimitsTests {
  @Test func operatorMayUseAnEighthWhichIsRefilledWithinADay() {
    var budget = AuditBudget(recordBytes: 8_000)
    let outcome1 = budget.take(1_000, by: "ada", now: 0)
    #expect(outcome1)
    let outcome2 = budget.take(1, by: "ada", now: 0)
    #expect(!outcome2)
    let outcome3 = budget.take(1_000, by: "bob", now: 0)
    #expect(outcome3)
    let outcome4 = budget.take(501, by: "ada", now: 43_200)
    #expect(!outcome4)
    let outcome5 = budget.take(500, by: "ada", now: 43_200)
    #expect(outcome5)
    let outcome6 = budget.take(1_001, by: "ada", now: 1e9)
    #expect(!outcome6, "more than the share was saved up")
    let outcome7 = budget.take(1_000, by: "ada", now: 1e9)
    #expect(outcome7)
  }

  @Test(arguments: [
    ("2.9.10", true), ("2.10.26", true), ("2.10.27", false), ("2.11.0", true), ("2.11.0-preview.2", true),
    ("2.11.1", false),
    ("2.14.0", false), ("", false),
  ]) func serversWithThePurgeVulnerabilityAreDetected(_ version: String, _ isVulnerable: Bool) {
    #expect(AuditProtection.letsAccountsPurgeOthers(version) == isVulnerable)
  }

  @Test func lastEighthOfAShareIsReservedForRevocations() {
    var budget = AuditBudget(recordBytes: 8_000)
    let change = budget.take(875, by: "ada", keepsReserve: true, now: 0)
    #expect(change)
    let another = budget.take(1, by: "ada", keepsReserve: true, now: 0)
    #expect(!another)
    let revocation = budget.take(125, by: "ada", now: 0)
    #expect(revocation)
  }

  @Test func alarmsUseLessThanAQuarterWithinTheRetention() {
    var budget = AuditBudget(recordBytes: 1 << 30)
    var taken = 0
    // As many as possible, for 400 days.
    for hour in 0..<(400 * 24) {
      while budget.takeAlarm(65_536, now: Double(hour) * 3_600) { taken += 65_536 }
    }
    #expect(taken > (1 << 30) / 64 && taken < (1 << 30) / 4)
  }

  @Test func clockThatStandsStillRefillsNothing() {
    var budget = AuditBudget(recordBytes: 80)
    let outcome8 = budget.take(10, by: "ada", now: 5)
    #expect(outcome8)
    let outcome9 = budget.take(1, by: "ada", now: 5)
    #expect(!outcome9)
    let outcome10 = budget.take(1, by: "ada", now: 4)
    #expect(!outcome10)
  }

  @Test func alarmIsRecordedOnceAnHourWithTheNumberOfSuppressedOnes() {
    var throttle = AlarmThrottle()
    let outcome11 = throttle.admit("agent.refused", of: "a", now: 0)
    #expect(outcome11 == 0)
    for second in 1..<100 {
      let admitted = throttle.admit("agent.refused", of: "a", now: Double(second))
      #expect(admitted == nil)
      throttle.suppress("agent.refused", of: "a")
    }
    let outcome12 = throttle.admit("agent.refused", of: "b", now: 100)
    #expect(outcome12 == 0)
    let outcome13 = throttle.admit("agent.clone_suspected", of: "a", now: 100)
    #expect(outcome13 == 0)
    let outcome14 = throttle.admit("agent.refused", of: "a", now: 3_600)
    #expect(outcome14 == 99)
  }

  @Test func canonicallyEquivalentNamesHaveBudgetsOfTheirOwn() {
    var budget = AuditBudget(recordBytes: 8_000)
    let outcomes = ["\u{E9}", "e\u{301}", "K", "\u{212A}"].map { budget.take(1_000, by: $0, now: 0) }
    #expect(outcomes == [true, true, true, true])
  }

  @Test func alarmsAboutCanonicallyEquivalentObjectsAreRecordedEach() {
    var throttle = AlarmThrottle()
    let admitted = ["\u{E9}", "e\u{301}", "K", "\u{212A}"].map {
      throttle.admit("agent.refused", of: $0, now: 0)
    }
    #expect(admitted == [0, 0, 0, 0])
  }
}
