import Testing

@testable import AgentCore

@Suite struct LogRateLimiterTests {
  private let start = ContinuousClock.now

  /// Whether each of the texts is logged at its second.
  private func logged(_ texts: [(text: String, second: Int)]) -> [Bool] {
    var limiter = LogRateLimiter()
    return texts.map { limiter.shouldLog($0.text, at: start + .seconds($0.second)) }
  }

  @Test func newTextIsLoggedAndRepeatedOnceAMinute() {
    #expect(
      logged([("refused", 0), ("refused", 59), ("late", 59), ("refused", 60), ("refused", 61)])
        == [true, false, true, true, false])
  }

  @Test func resetTextIsLoggedAgain() {
    var limiter = LogRateLimiter()
    var logged = [limiter.shouldLog("refused", at: start)]
    limiter.reset()
    logged.append(limiter.shouldLog("refused", at: start))
    #expect(logged == [true, true])
  }

  @Test func manyDistinctTextsAreLoggedInBoundedMemory() {
    #expect(logged((0..<10_000).map { ("\($0)", 0) }).allSatisfy { $0 })
  }
}
