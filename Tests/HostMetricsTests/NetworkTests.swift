import Testing

@testable import HostMetrics

@Suite struct NetworkTests {
  private static let heading = """
    Inter-|   Receive                                                |  Transmit
     face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed

    """

  private static func line(_ name: String, _ received: UInt64, _ sent: UInt64) -> String {
    "\(name):\(received) 2 3 4 5 6 7 8 \(sent) 10 11 12 13 14 15 16\n"
  }

  @Test func onlyHostInterfacesAreReported() throws {
    let machine = try MachineFolder()
    let names = [
      "lo", "docker0", "veth12ab", "br-0123", "virbr0", "vlan10", "ifb0", "dummy0", "eth0", "ens3.10", "wg0",
      "bridge", "lowpan0",
    ]
    try machine.write(
      "proc/net/dev", Self.heading + names.map { Self.line($0, 100, 200) }.joined())
    try machine.write("sys/class/net/eth0/flags", "0x1003\n")
    try machine.write("sys/class/net/ens3.10/flags", "0x1002\n")
    let network = try QuerySampler(files: machine.files, prober: MountProber()).network()
    #expect(network.map(\.interface) == ["eth0", "ens3.10", "wg0", "bridge", "lowpan0"])
    #expect(network.map(\.isUp) == [true, false, false, false, false])
    #expect(
      network[0]
        == InterfaceUsage(
          interface: "eth0", bytesSent: 200, bytesReceived: 100, isUp: true, rxErrors: 3, txErrors: 11,
          isStacked: false))
  }

  @Test func ratesAreNeverNegative() throws {
    func sample(_ nanoseconds: UInt64, _ text: String) -> NetworkSample {
      scanning(text) { content in
        var interfaces: [InterfaceCounters] = []
        while var line = content.line() {
          if let interface = InterfaceCounters(&line) { interfaces.append(interface) }
        }
        return NetworkSample(time: MonotonicTime(nanoseconds: nanoseconds), interfaces: interfaces)
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
