import Encoding
import Testing

@testable import HostMetrics

@Suite struct NetworkTests {
  private static func line(_ name: String, _ received: UInt64, _ sent: UInt64) -> String {
    "\(name):\(received) 2 3 4 5 6 7 8 \(sent) 10 11 12 13 14 15 16\n"
  }

  @Test func ratesAreNeverNegative() throws {
    func sample(_ nanoseconds: UInt64, _ text: String) -> NetworkSample {
      scanning(text) { content in
        NetworkSample(time: MonotonicTime(nanoseconds: nanoseconds), content) { _ in true }
      }
    }
    let before = sample(0, Self.line("eth0", 1000, 1000) + Self.line("eth1", 1000, 1000))
    let after = sample(
      2_000_000_000, Self.line("eth1", 3001, 5) + Self.line("eth0", 1000, 2000) + Self.line("new", 1, 1))
    #expect(
      after.rates(since: before) == [
        "eth1": InterfaceRates(received: 1001, sent: 0), "eth0": InterfaceRates(received: 0, sent: 500),
      ])
  }

  @Test(arguments: ["", "eth0", "eth0:", "eth0: 1 2 3", "eth0: 1 2 3 4 5 6 7 8 9 10", ":::", "  |bytes"])
  func truncatedLinesAreSkipped(text: String) {
    #expect(scanning(text) { InterfaceCounters(&$0) } == nil)
  }
}
