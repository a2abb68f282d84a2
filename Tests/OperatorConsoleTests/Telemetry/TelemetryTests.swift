import JSON
import PlatformAPI
import Testing

@testable import OperatorConsole

@Suite struct TelemetryTests {
  @Test func keepsWhatTheSamplesSay() {
    var history = TelemetryHistory(name: "web-1")
    history.add(Samples.telemetry, at: 10)
    #expect(history.cpu == [12.5])
    #expect(history.memory == [13.9])
    #expect(history.fullestDisk?.mountpoint == "/")
    #expect(history.diskBusy == [23.4])
    #expect(history.received == [2048])
    #expect(history.sent == [1024])
  }

  @Test func takesRatesFromCountersWhereThereAreNoOthers() {
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

  @Test func keepsNoMoreThanItShows() {
    var history = TelemetryHistory(name: "x")
    for second in 0..<500 { history.add(["cpu": ["usage_pct": .integer(Int64(second))]], at: Double(second)) }
    #expect(history.cpu.count == TelemetryHistory.capacity)
    #expect(history.cpu.last == 499)
  }

  @Test(arguments: [
    JSONValue.null, [], "x", ["cpu": 1, "memory": [], "disks": [:], "network": [1, nil, "x"]],
    ["cpu": ["usage_pct": "x", "load_avg": [nil, "a"]], "disks": [["usage_pct": -1]]],
  ])
  func oddPayloadsDoNoHarm(payload: JSONValue) {
    var history = TelemetryHistory(name: "odd")
    history.add(payload, at: 1)
    let lines = TelemetryScreen.lines([history], size: .init(columns: 80, rows: 24), now: 2)
    #expect(lines.count == 6)
    _ = TelemetryScreen.logLine(history, at: 1)
    _ = TelemetryText.lines(of: payload, palette: Palette(isOn: false))
  }

  @Test func drawsALineForEachWhenThereAreMany() {
    let histories = (1...30).map { number in
      var history = TelemetryHistory(name: "host-\(number)")
      history.add(Samples.telemetry, at: 1)
      return history
    }
    let size = Console.Size(columns: 100, rows: 24)
    let many = TelemetryScreen.lines(histories, size: size, now: 2)
    #expect(many.count == 31)
    for line in many { #expect(DisplayWidth.of(line.text(Palette(isOn: false), width: 99)) <= 99) }
    let few = TelemetryScreen.lines(Array(histories.prefix(2)), size: size, now: 2)
    #expect(few.count == 12)
    let text = few.map { $0.text(Palette(isOn: false), width: 99) }.joined(separator: "\n")
    #expect(text.contains("host-1  1 s ago"))
    #expect(text.contains("12.5 %"))
    #expect(text.contains("2.0 KiB/s"))
    #expect(text.contains("/ 17.7 % full"))
  }

  @Test func machinesOfOneNameAreToldApart() throws {
    func agent(_ uuid: String, _ hostname: String?) -> AgentView {
      var agent = AgentView(uuid: uuid, status: .alive)
      agent.hostname = hostname
      return agent
    }
    let names = AgentNaming.names(of: [
      agent("0123456789", "vm"), agent("9876543210", "vm"), agent("5555555555", "web"),
      agent("7777777777", nil),
    ])
    #expect(names == ["0123456789": "vm (01234567)", "9876543210": "vm (98765432)", "5555555555": "web"])
  }

  @Test func aBoardHoldsNoMoreThanItsCapacity() {
    var board = TelemetryBoard(names: ["u1": "web-1"], expected: ["u1"])
    for number in 0..<2000 { _ = board.add(Samples.telemetry, of: "u\(number)", at: 1) }
    #expect(board.take().count == TelemetryBoard.capacity)
    #expect(board.hasNews == false)
  }
}
