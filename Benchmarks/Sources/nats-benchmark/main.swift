import Glibc
import Loopback

/// Throughput and latency of the client with a nats-server on the same machine, compared with blocking sockets that do the
/// same. `nats-benchmark [scale]`: 1 is the full length.
let scale = CommandLine.arguments.dropFirst().first.flatMap(Double.init) ?? 1

func row(_ name: String, _ size: Int, _ value: String, _ floor: String, _ ratio: Double) {
  func pad(_ text: String, _ width: Int, left: Bool = true) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return left ? text + space : space + text
  }
  let rounded = Double(Int(ratio * 100)) / 100
  print(
    pad(name, 28), pad(size == 0 ? "bytes" : "\(size)", 6, left: false), pad(value, 16, left: false),
    pad(floor, 16, left: false), pad(size == 0 ? "ratio" : "\(rounded)", 8, left: false))
  fflush(nil)
}

func rate(_ value: Double) -> String { "\(Int(value / 1000))k msg/s" }

func microseconds(_ value: Double) -> String { "\(Double(Int(value * 1e7)) / 10) µs" }

/// A function, so that the server ends with it: top-level values are never released.
func run() async throws {
  let server = try BenchmarkServer()
  row("", 0, "client", "raw sockets", 0)
  for (transport, url) in [
    ("TCP", "nats://127.0.0.1:\(server.port)"), ("WebSocket", "ws://127.0.0.1:\(server.webSocketPort)"),
  ] {
    for size in [16, 128] {
      let count = Int(6_000_000 * scale)
      let floor = try Floors.publish(port: server.port, size: size, count: count)
      let value = try await ClientRuns.publish(url: url, size: size, count: count)
      row("publish, \(transport)", size, rate(value), rate(floor), value / floor)
    }
    for size in [16, 128] {
      let count = Int(2_000_000 * scale)
      let floor = try Floors.publishSubscribe(port: server.port, size: size, count: count)
      let value = try await ClientRuns.publishSubscribe(url: url, size: size, count: count)
      row("publish-subscribe, \(transport)", size, rate(value), rate(floor), value / floor)
    }
    for size in [16, 128] {
      let count = Int(20_000 * scale)
      let floor = try Floors.requestReply(port: server.port, size: size, count: count)
      let value = try await ClientRuns.requestReply(url: url, size: size, count: count)
      row("request-reply, \(transport)", size, microseconds(value), microseconds(floor), value / floor)
    }
  }
  withExtendedLifetime(server) {}
}

try await run()
