import NATSProtocol
import Testing

@Suite struct ReconnectBackoffTests {
  private let backoff = ReconnectBackoff(
    NATSReconnectPolicy(initialDelay: .milliseconds(100), maxDelay: .seconds(5)))

  @Test(arguments: [
    (0, 0), (1, 100), (2, 200), (3, 400), (6, 3200), (7, 5000), (8, 5000), (1_000_000, 5000),
  ])
  func boundDoubles(failures: Int, milliseconds: Int) {
    #expect(backoff.bound(failures: failures) == .milliseconds(milliseconds))
  }

  @Test func jitterIsFull() {
    #expect(backoff.delay(failures: 3, fraction: 0) == .zero)
    #expect(backoff.delay(failures: 3, fraction: 0.5) == .milliseconds(200))
    #expect(backoff.delay(failures: 3, fraction: 7) == .milliseconds(400))
    #expect(backoff.delay(failures: 3, fraction: -1) == .zero)
  }

  @Test func negativeAndInvertedPoliciesDoNotTrap() {
    let negative = ReconnectBackoff(NATSReconnectPolicy(initialDelay: .seconds(-1), maxDelay: .seconds(-1)))
    #expect(negative.bound(failures: 5) == .zero)
    let inverted = ReconnectBackoff(NATSReconnectPolicy(initialDelay: .seconds(9), maxDelay: .seconds(1)))
    #expect(inverted.bound(failures: 1) == .seconds(1))
  }
}
