import Testing

@testable import AgentCore

@Suite struct RepeatedWarningTests {
  private let start = ContinuousClock.now

  @Test func toldWhenNewAndOnceAMinuteAfterThat() {
    var warning = RepeatedWarning()
    #expect(warning.isDue("refused", at: start))
    #expect(!warning.isDue("refused", at: start + .seconds(59)))
    #expect(warning.isDue("timed out", at: start + .seconds(59)), "something else is new")
    #expect(warning.isDue("refused", at: start + .seconds(60)))
    #expect(!warning.isDue("refused", at: start + .seconds(61)))
  }

  @Test func newAgainAfterItWasOver() {
    var warning = RepeatedWarning()
    #expect(warning.isDue("refused", at: start))
    warning.reset()
    #expect(warning.isDue("refused", at: start))
  }

  @Test func anyNumberOfTextsTakesLittleRoom() {
    var warning = RepeatedWarning()
    for number in 0..<10_000 { #expect(warning.isDue("\(number)", at: start)) }
  }
}
