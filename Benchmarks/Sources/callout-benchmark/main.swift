import Glibc
import Logging
import Loopback
import NATS
import NKeys
import PlatformCore
import XKeys

/// The cost of one authentication: connections from the first byte to the PONG, one after another and 64 at a time, through our
/// callout, through a minimal responder, and without a callout. `callout-benchmark [scale]`: 1 is the full length.
let scale = CommandLine.arguments.dropFirst().first.flatMap(Double.init) ?? 1

let silent = Logger(label: "b", factory: { _ in SwiftLogNoOpLogHandler() })

enum Responder {
  case none
  case minimal
  case ours
}

struct Row {
  var p50: Double
  var p99: Double
  var rate: Double
  var burst: Double
  var failures: Int
}

func pad(_ text: String, _ width: Int, left: Bool = false) -> String {
  let space = String(repeating: " ", count: max(0, width - text.count))
  return left ? text + space : space + text
}

func number(_ value: Double, _ digits: Int = 2) -> String {
  let factor = pow(10, Double(digits))
  return "\((value * factor).rounded() / factor)"
}

extension Duration {
  var milliseconds: Double { Double(components.seconds) * 1e3 + Double(components.attoseconds) * 1e-15 }
}

func measure(_ responder: Responder, encrypted: Bool = false) async throws -> Row {
  let issuer = try NKeyPair(generating: .account)
  let platform = try NKeyPair(generating: .user)
  let xkey = encrypted ? try XKeyPair() : nil
  let server = try BenchmarkServer(
    configuration: """
      accounts { FLEET { users: [{ nkey: \(platform) }] } }
      authorization {
        auth_callout {
          issuer: \(issuer), account: FLEET, auth_users: [\(platform)]
          \(xkey.map { "xkey: \($0)" } ?? "")
        }
      }
      """)
  defer { withExtendedLifetime(server) {} }
  let url = "nats://127.0.0.1:\(server.port)"
  let credentials = NATSCredentials.nkey(publicKey: platform.description) { try platform.sign($0) }
  let client = NATSClient(
    configuration: NATSClientConfiguration(
      servers: try NATSServerAddress.list(url), credentials: { credentials }), logger: silent)
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await client.run() }
    defer { client.close() }
    for await event in client.events { if case .connected = event { break } }
    switch responder {
    case .none: break
    case .minimal:
      let minimal = MinimalResponder(client: client, issuer: issuer)
      group.addTask { try await minimal.run() }
    case .ours:
      let directory = MemoryDirectory(count: 10_000)
      let settings = CalloutSettings(issuer: issuer, xkey: xkey)
      let callout = AuthCallout(
        client: client, directory: directory, audit: directory, servers: nil, settings: settings,
        logger: silent)
      group.addTask { try await callout.run() }
      try await callout.ready()
    }
    let shown = responder == .none ? credentials : nil
    _ = try await Connecting.many(url, count: 200, width: 8, credentials: shown)
    let single = try await Connecting.many(url, count: Int(2000 * scale), width: 1, credentials: shown)
    let many = try await Connecting.many(url, count: Int(6000 * scale), width: 64, credentials: shown)
    let burst = try await Connecting.many(url, count: 2000, width: 2000, credentials: shown)
    group.cancelAll()
    client.close()
    func quantile(_ part: Double) -> Double {
      single.times[min(single.times.count - 1, Int(Double(single.times.count) * part))].milliseconds
    }
    return Row(
      p50: quantile(0.5), p99: quantile(0.99),
      rate: Double(many.times.count) / (many.total.milliseconds / 1000), burst: burst.total.milliseconds,
      failures: burst.failures)
  }
}

func run() async throws {
  print(
    pad("one authentication", 26, left: true), pad("p50 ms", 8), pad("p99 ms", 8), pad("auths/s", 9),
    pad("2,000 at once ms", 18), pad("time-outs", 11), pad("p50, p99, auths/s to minimal", 30))
  let minimal = try await measure(.minimal)
  let rows: [(String, Row)] = [
    ("minimal responder", minimal), ("our callout", try await measure(.ours)),
    ("our callout, xkey", try await measure(.ours, encrypted: true)),
    ("no callout, static nkey", try await measure(.none)),
  ]
  for (name, row) in rows {
    print(
      pad(name, 26, left: true), pad(number(row.p50), 8), pad(number(row.p99), 8),
      pad(number(row.rate, 0), 9),
      pad(number(row.burst, 0), 18), pad("\(row.failures)", 11),
      pad(
        [row.p50 / minimal.p50, row.p99 / minimal.p99, row.rate / minimal.rate].map { number($0) }
          .joined(separator: "  "), 30))
  }
}

try await run()
