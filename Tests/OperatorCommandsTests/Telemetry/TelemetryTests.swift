import Encoding
import JSON
import PlatformAPI
import Testing

@testable import OperatorCommands

@Suite struct TelemetryTests {
  @Test func samplesAreAppendedToTheHistory() {
    var history = TelemetryHistory(name: "web-1")
    history.add(Samples.telemetry, at: 10)
    #expect(history.cpu == [12.5])
    #expect(history.memory == [13.9])
    #expect(history.fullestDisk?.mountpoint == "/")
    #expect(history.diskBusy == [23.4])
    #expect(history.received == [2048])
    #expect(history.sent == [1024])
  }

  @Test func ratesAreComputedFromCountersWithoutRateFields() {
    func sample(_ received: JSONValue, _ sent: JSONValue) -> JSONValue {
      ["network": [["interface": "eth0", "bytes_recv": received, "bytes_sent": sent]]]
    }
    var history = TelemetryHistory(name: "old")
    history.add(sample(1000, 500), at: 10)
    #expect(history.received.isEmpty)
    history.add(sample(3000, 600), at: 12)
    history.add(sample(10, 700), at: 13)
    #expect(history.received == [1000, 0])
    #expect(history.sent == [50, 100])
  }

  /// A sample of interfaces with the same receive and send rate in MB/s.
  private func sample(_ interfaces: [(name: String, rate: Int64, stacked: Bool?)]) -> JSONValue {
    [
      "network": .array(
        interfaces.map { name, rate, stacked in
          var interface: JSONObject = [
            "interface": .string(name), "rx_bytes_per_s": .integer(rate * 1_000_000),
            "tx_bytes_per_s": .integer(rate * 1_000_000),
          ]
          interface.append("stacked", ifPresent: stacked.map(JSONValue.bool))
          return .object(interface)
        })
    ]
  }

  @Test func stackedInterfacesAreNotCountedTwice() {
    var history = TelemetryHistory(name: "web-1")
    let rates: [(String, Int64)] = [
      ("eth0", 50), ("eth1", 50), ("bond0", 100), ("bond0.40", 100), ("wg0", 20),
    ]
    // By name: earlier agents do not send `stacked`.
    history.add(sample(rates.map { ($0.0, $0.1, nil) }), at: 10)
    history.add(sample(rates.map { ($0.0, $0.1, !$0.0.hasPrefix("eth")) }), at: 20)
    // `stacked` takes precedence over the name.
    history.add(sample([("lan", 7, true), ("bond9", 30, false), ("x.1", 1, false)]), at: 30)
    #expect(history.received == [100_000_000, 100_000_000, 31_000_000])
    #expect(history.sent == history.received)
  }

  @Test(arguments: ["vlan100", "br0", "wg0", "bond0"])
  func singleInterfaceIsCountedDespiteStackedName(name: String) {
    var history = TelemetryHistory(name: "web-1")
    history.add(sample([(name, 5, nil)]), at: 10)
    #expect(history.received == [5_000_000])
  }

  @Test func newInterfaceAddsNoPastTraffic() {
    func sample(_ interfaces: [String: Int64]) -> JSONValue {
      [
        "network": .array(
          interfaces.map {
            ["interface": .string($0.key), "bytes_recv": .integer($0.value), "bytes_sent": 0]
          })
      ]
    }
    var history = TelemetryHistory(name: "old")
    history.add(sample(["eth0": 1000]), at: 10)
    history.add(sample(["eth0": 1500, "eth1": 7_000_000]), at: 11)
    history.add(sample(["eth1": 7_000_200]), at: 12)
    #expect(history.received == [500, 200])
  }

  @Test func loopDeviceIsNotCountedTwice() {
    func disk(_ device: String, _ rate: Int64) -> JSONValue {
      [
        "device": .string(device), "mountpoint": "/", "usage_pct": 1,
        "io": ["read_bytes_per_s": .integer(rate), "write_bytes_per_s": 0, "util_pct": 3],
      ]
    }
    var history = TelemetryHistory(name: "web-1")
    history.add(["disks": [disk("/dev/sda1", 100), disk("/dev/loop0", 100)]], at: 1)
    #expect(history.diskRates?.read == 100)
    history.add(["disks": [disk("/dev/loop0", 60)]], at: 2)
    #expect(history.diskRates?.read == 60)
  }

  @Test func readOnlyFileSystemIsNotTheFullest() {
    var history = TelemetryHistory(name: "web-1")
    history.add(
      [
        "disks": [
          ["mountpoint": "/cd", "usage_pct": 100, "read_only": true], ["mountpoint": "/", "usage_pct": 40],
        ]
      ], at: 1)
    #expect(history.fullestDisk?.mountpoint == "/")
  }

  @Test func historyIsBounded() {
    var history = TelemetryHistory(name: "x")
    for second in 0..<500 { history.add(["cpu": ["usage_pct": .integer(Int64(second))]], at: Double(second)) }
    #expect(history.cpu.count == TelemetryHistory.capacity)
    #expect(history.cpu.last == 499)
  }

  @Test(arguments: [
    JSONValue.null, [], "x", ["cpu": 1, "memory": [], "disks": [:], "network": [1, nil, "x"]],
    ["cpu": ["usage_pct": "x", "load_avg": [nil, "a"]], "disks": [["usage_pct": -1]]],
  ])
  func malformedPayloadsAreIgnored(payload: JSONValue) {
    var history = TelemetryHistory(name: "odd")
    history.add(payload, at: 1)
    let lines = TelemetryRenderer.lines([history], size: .init(columns: 80, rows: 24), now: 2)
    #expect(lines.count == 6)
    _ = TelemetryRenderer.logLine(history, at: 1)
    _ = TelemetryText.lines(of: payload, palette: Palette(isOn: false))
  }

  @Test func omittedEntriesAreReported() {
    let lines = TelemetryText.lines(
      of: ["disks": [], "omitted": ["disks": 412, "cores": 0, "x\u{1b}[2J": 3, "y": "z"]],
      palette: Palette(isOn: false))
    #expect(lines.count == 2)
    #expect(lines.first == "412 more of disks omitted by the agent")
    #expect(!lines.joined().contains("\u{1b}"))
  }

  @Test func manyAgentsGetOneLineEach() {
    let histories = (1...30).map { number in
      var history = TelemetryHistory(name: "host-\(number)")
      history.add(Samples.telemetry, at: 1)
      return history
    }
    let size = Console.Size(columns: 100, rows: 24)
    let many = TelemetryRenderer.lines(histories, size: size, now: 2)
    #expect(many.count == 31)
    for line in many { #expect(DisplayWidth.of(line.text(Palette(isOn: false), width: 99)) <= 99) }
    let few = TelemetryRenderer.lines(Array(histories.prefix(2)), size: size, now: 2)
    #expect(few.count == 12)
    let text = few.map { $0.text(Palette(isOn: false), width: 99) }.joined(separator: "\n")
    #expect(text.contains("host-1  1 s ago"))
    #expect(text.contains("12.5 %"))
    #expect(text.contains("2.0 KiB/s"))
    #expect(text.contains("/ 17.7 % full"))
  }

  @Test func duplicateHostNamesShowUUIDPrefix() throws {
    func agent(_ uuid: String, _ hostname: String?) -> AgentView {
      var agent = AgentView(uuid: uuid, status: .alive)
      agent.hostname = hostname
      return agent
    }
    let names = AgentDisplayNames.names(of: [
      agent("0123456789", "vm"), agent("9876543210", "vm"), agent("5555555555", "web"),
      agent("7777777777", nil),
    ])
    #expect(names == ["0123456789": "vm (01234567)", "9876543210": "vm (98765432)", "5555555555": "web"])
  }

  @Test func boardDropsAgentsAboveItsCapacity() {
    var board = TelemetryBoard(names: ["u1": "web-1"], expected: ["u1"])
    for number in 0..<2000 { _ = board.add(Samples.telemetry, of: "u\(number)", at: 1) }
    #expect(board.snapshot().count == TelemetryBoard.capacity)
    #expect(board.hasNewSamples == false)
  }
}
