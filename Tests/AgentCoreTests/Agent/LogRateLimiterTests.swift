import Testing

@testable import AgentCore

@Suite struct LogRateLimiterTests {
  private let start = ContinuousClock.now

  /// Which of the texts are told, each at its second.
  private func told(_ texts: [(text: String, second: Int)]) -> [Bool] {
    var warning = LogRateLimiter()
    return texts.map { warning.isDue($0.text, at: start + .seconds($0.second)) }
  }

  @Test func toldWhenNewAndOnceAMinuteAfterThat() {
    #expect(
      told([("refused", 0), ("refused", 59), ("late", 59), ("refused", 60), ("refused", 61)])
        == [true, false, true, true, false])
  }

  @Test func newAgainAfterItWasOver() {
    var warning = LogRateLimiter()
    var told = [warning.isDue("refused", at: start)]
    warning.reset()
    told.append(warning.isDue("refused", at: start))
    #expect(told == [true, true])
  }

  @Test func anyNumberOfTextsIsToldInLittleRoom() {
    #expect(told((0..<10_000).map { ("\($0)", 0) }).allSatisfy { $0 })
  }
}
