import Testing

@testable import HostControl

@Suite struct LockPatienceTests {
  @Test func allWaitsTogetherAreBounded() {
    var patience = LockPatience()
    patience.spend(.seconds(24 * 60))
    #expect(!patience.isOver)
    patience.spend(.milliseconds(59_500))
    #expect(patience.rest == .milliseconds(500))
    patience.spend(.milliseconds(500))
    #expect(patience.isOver)
    patience.spend(.seconds(60))
    #expect(patience.isOver)
  }
}
