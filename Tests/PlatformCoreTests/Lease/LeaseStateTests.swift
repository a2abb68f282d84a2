import Testing

@testable import PlatformCore

@Suite struct LeaseStateTests {
  @Test func renewedLeaseIsNotTakenOver() {
    var state = LeaseState(ttl: .seconds(5))
    for second in 0..<20 {
      #expect(state.step(at: .seconds(second)) == .read)
      state.observed(revision: UInt64(10 + second), at: .seconds(second))
    }
  }

  @Test func expiredLeaseIsTakenOver() {
    var state = LeaseState(ttl: .seconds(5))
    state.observed(revision: 7, at: .seconds(100))
    state.observed(revision: 7, at: .seconds(104))
    #expect(state.step(at: .milliseconds(104_900)) == .read)
    #expect(state.step(at: .seconds(105)) == .update(revision: 7))
    state.acquired(revision: 8, begunAt: .seconds(105))
    #expect(state.leadsUntil == .milliseconds(108_500))
    #expect(state.step(at: .seconds(106)) == .update(revision: 8))
  }

  @Test func takeoverFollowsTheEndOfTheTerm() {
    var leader = LeaseState(ttl: .seconds(5))
    var other = LeaseState(ttl: .seconds(5))
    leader.acquired(revision: 1, begunAt: .seconds(10))
    // The observation is never earlier than the renewal.
    other.observed(revision: 1, at: .seconds(10))
    let stops = leader.leadsUntil ?? .zero
    #expect(other.step(at: stops) == .read)
  }

  @Test func lostLeaseIsReadAgain() {
    var state = LeaseState(ttl: .seconds(5))
    state.acquired(revision: 1, begunAt: .zero)
    state.lost()
    #expect(state.leadsUntil == nil && state.step(at: .seconds(1)) == .read)
  }

  @Test func unrenewedLeaseBecomesInvalid() {
    var state = LeaseState(ttl: .seconds(5))
    #expect(state.isValid(revision: 7, at: .seconds(100)))
    state.observed(revision: 7, at: .seconds(100))
    #expect(state.isValid(revision: 7, at: .seconds(104)))
    #expect(!state.isValid(revision: 7, at: .seconds(105)))
    // A failed attempt to acquire it does not renew it.
    state.failed()
    state.observed(revision: 7, at: .seconds(106))
    #expect(!state.isValid(revision: 7, at: .seconds(106)))
    #expect(state.isValid(revision: 8, at: .seconds(106)))
  }
}
