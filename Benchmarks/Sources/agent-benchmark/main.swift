import Glibc
import Loopback

/// The cost of a command, compared with an echo that answers with the same number of bytes: `agent-benchmark AGENT`.
guard let binary = CommandLine.arguments.dropFirst().first else {
  throw BenchmarkFailure("usage: agent-benchmark PATH-OF-plusclouds-agent")
}

func row(_ name: String, _ agent: String, _ echo: String, _ ratio: String) {
  func pad(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
  print(
    name + String(repeating: " ", count: max(1, 32 - name.count)), pad(agent, 14), pad(echo, 14),
    pad(ratio, 8))
  fflush(nil)
}

func round(_ value: Double) -> Double { (value * 100).rounded() / 100 }

/// The median seconds of one exchange.
func roundTrip(_ platform: Platform, _ command: [UInt8], count: Int) -> Double {
  let clock = ContinuousClock()
  let times = (0..<count).map { _ in clock.measure { platform.exchange(command, results: 1) } / .seconds(1) }
  return times.sorted()[count / 2]
}

/// A function, so that server and agent end with it: top-level values are never released.
func run() throws {
  let server = try BenchmarkServer()
  let result = #"{"v":1,"type":"result","payload":{"output":""# + String(repeating: "x", count: 420) + #""}}"#
  let answer = Array("PUB \(AgentUnderTest.events) \(result.utf8.count)\r\n\(result)\r\n".utf8)

  row("", "agent", "bare echo", "ratio")
  for (name, operation, params, count) in [
    ("round trip, system.memory", "system.memory", "{}", 3_000),
    ("round trip, system.network", "system.network", "{}", 3_000),
    ("round trip, system.disk", "system.disk", "{}", 3_000),
    ("round trip, rejected", "nothing", "{}", 3_000),
    ("round trip, exec of true", "exec", #"{"command":"/bin/true"}"#, 500),
  ] {
    let command = Platform.command(operation, params: params)
    let echo = EchoResponder(port: server.port, commandFrame: Platform.frame(of: command), answer: answer)
    let floor = try echo.answering(count) {
      roundTrip(try Platform(port: server.port), command, count: count)
    }
    let agent = try AgentUnderTest(binary: binary, port: server.port)
    let platform = try Platform(port: server.port)
    platform.waitUntilConnected()
    let time = roundTrip(platform, command, count: count)
    row(name, "\(round(time * 1e3)) ms", "\(round(floor * 1e3)) ms", "\(round(time / floor))")
    withExtendedLifetime(agent) {}
  }

  let burst = 2_000
  let rounds = 10
  let command = Platform.command("system.memory")
  let commands = Array(repeatElement(command, count: burst).joined())
  let clock = ContinuousClock()
  let echo = EchoResponder(port: server.port, commandFrame: Platform.frame(of: command), answer: answer)
  let floor = try echo.answering(burst * rounds) {
    let platform = try Platform(port: server.port)
    return clock.measure { for _ in 0..<rounds { platform.exchange(commands, results: burst) } } / .seconds(1)
  }
  let agent = try AgentUnderTest(binary: binary, port: server.port)
  let platform = try Platform(port: server.port)
  platform.waitUntilConnected()
  let before = agent.processorSeconds
  let time =
    clock.measure { for _ in 0..<rounds { platform.exchange(commands, results: burst) } } / .seconds(1)
  let used = agent.processorSeconds - before
  let total = Double(burst * rounds)
  row(
    "burst of \(burst) system.memory", "\(Int(total / time)) /s", "\(Int(total / floor)) /s",
    "\(round(time / floor))")
  row("  processor time a command", "\(round(used / total * 1e6)) µs", "", "")
  withExtendedLifetime((server, agent)) {}
}

try run()
