import Testing

@testable import StructuredLogging

@Suite struct LogRateLimiterTests {
  private let start = ContinuousClock.now

  /// Which of the keys are logged, each at its second.
  private func logged(_ keys: [(key: String, second: Int)]) -> [Bool] {
    var limiter = LogRateLimiter()
    return keys.map { limiter.shouldLog($0.key, at: start + .seconds($0.second)) }
  }

  @Test func newKeysAndEndedPeriodsAreLogged() {
    #expect(
      logged([("refused", 0), ("refused", 59), ("late", 59), ("refused", 60), ("refused", 61)])
        == [true, false, true, true, false])
  }

  @Test func resetStartsANewPeriod() {
    var limiter = LogRateLimiter()
    var logged = [limiter.shouldLog("refused", at: start)]
    limiter.reset()
    logged.append(limiter.shouldLog("refused", at: start))
    #expect(logged == [true, true])
  }

  @Test func keysBeyondTheCapacityAreLogged() {
    #expect(logged((0..<10_000).map { ("\($0)", 0) }).allSatisfy { $0 })
  }

  @Test func keysAreComparedByTheirBytes() {
    #expect(
      logged([("caf\u{E9}", 0), ("cafe\u{301}", 0), ("K", 0), ("\u{212A}", 0)]) == [true, true, true, true])
  }
}
