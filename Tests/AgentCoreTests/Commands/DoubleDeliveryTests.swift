import Testing

@testable import AgentCore

@Suite struct DoubleDeliveryTests {
  private let start = ContinuousClock.now

  private func repeated(_ arrivals: [(id: String, connection: UInt64, second: Int)]) -> [Bool] {
    var guardian = DoubleDelivery()
    return arrivals.map { guardian.isRepeated($0.id, on: $0.connection, at: start + .seconds($0.second)) }
  }

  @Test func theSameIdOverTwoConnectionsIsOneCommand() {
    #expect(repeated([("a", 1, 0), ("a", 2, 1), ("b", 2, 1), ("b", 1, 1)]) == [false, true, false, true])
  }

  @Test func theSameIdOverOneConnectionIsThePlatformsWish() {
    #expect(repeated([("a", 1, 0), ("a", 1, 1)]) == [false, false])
  }

  @Test func laterItIsAnotherCommand() {
    #expect(repeated([("a", 1, 0), ("a", 2, 11), ("a", 3, 12)]) == [false, false, true])
  }

  @Test func commandsWithoutAnIdAreNeverTheSame() {
    #expect(repeated([("", 1, 0), ("", 2, 0)]) == [false, false])
  }
}
