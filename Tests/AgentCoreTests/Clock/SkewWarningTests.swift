import Testing

@testable import AgentCore

@Suite struct SkewWarningTests {
  @Test(arguments: [
    (Int64(1_000), Int64(1_060), Int64?.none), (1_000, 1_061, 61), (1_061, 1_000, -61), (.min, 1_000, .max),
    (.max, -5, .min), (.max, 1_000, -(.max - 1_000)),
  ])
  func skewAboveAMinuteIsReported(sent: Int64, received: Int64, expected: Int64?) {
    var warning = SkewWarning()
    #expect(warning.skew(sent: sent, received: received) == expected)
  }

  @Test func skewIsReportedOnceInTenMinutes() {
    var warning = SkewWarning()
    #expect(warning.skew(sent: 0, received: 100) == 100)
    #expect(warning.skew(sent: 0, received: 699) == nil)
    #expect(warning.skew(sent: 0, received: 700) == 700)
    #expect(warning.skew(sent: 0, received: 300) == 300, "the clock was set back")
  }
}
