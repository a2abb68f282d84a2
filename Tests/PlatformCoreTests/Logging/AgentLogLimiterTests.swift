import Testing

@testable import PlatformCore

@Suite struct AgentLogLimiterTests {
  @Test func lineIsDueOncePerPeriod() {
    var limiter = AgentLogLimiter(period: 60)
    let due = [0.0, 59, 60, 61].map { limiter.isDue("a", at: $0) }
    #expect(due == [true, false, true, false])
  }

  @Test func canonicallyEquivalentNamesHavePeriodsOfTheirOwn() {
    var limiter = AgentLogLimiter(period: 60)
    let due = ["\u{E9}", "e\u{301}", "K", "\u{212A}"].map { limiter.isDue($0, at: 0) }
    #expect(due == [true, true, true, true])
  }
}
