import Testing

@testable import HostControl

@Suite struct LockTimeoutTests {
  @Test func sumOfAllWaitsIsBounded() {
    var timeout = LockTimeout()
    timeout.subtract(.seconds(24 * 60))
    #expect(!timeout.isExpired)
    timeout.subtract(.milliseconds(59_500))
    #expect(timeout.remaining == .milliseconds(500))
    timeout.subtract(.milliseconds(500))
    #expect(timeout.isExpired)
    timeout.subtract(.seconds(60))
    #expect(timeout.isExpired)
  }
}
