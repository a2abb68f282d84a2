import NATSTesting
import NIOCore
import NIOPosix
import Testing

@testable import NATS

@Suite("Through a real HTTP proxy", .timeLimit(.minutes(2)))
struct TransportProxyTests {
  /// Runs tinyproxy with Basic authorization.
  private func withProxy<R>(_ body: (Int) async throws -> R) async throws -> R {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    let port = try NATSServerProcess.freePorts().client
    let file = "\(folder)/tinyproxy.conf"
    try FileTree.write(
      "Port \(port)\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nAllow 127.0.0.1\nBasicAuth user secret\n",
      to: file)
    return try await TransportPrograms.with("tinyproxy", ["-d", "-c", file]) {
      let deadline = ContinuousClock().now + testTimeout
      while true {
        do throws(NATSError) {
          try await probe(port)
          break
        } catch {
          guard error.code == .connectionFailed, ContinuousClock().now < deadline else { throw error }
        }
        try await Task.sleep(for: .milliseconds(10))
      }
      return try await body(port)
    }
  }

  private func probe(_ port: Int) async throws(NATSError) {
    let channel = try await TransportConnector(tls: NATSTLSConfiguration()).connect(
      to: NATSServerAddress("127.0.0.1:\(port)"), on: NIOSingletons.posixEventLoopGroup.next(),
      deadline: .now() + .seconds(5)
    ) { _ in }
    channel.close(promise: nil)
  }

  @Test func plain() async throws {
    try await NATSServerProcess.with() { server in
      try await withProxy { port in
        let proxy = try NATSProxy("http://user:secret@127.0.0.1:\(port)")
        let stream = try await TransportStream("nats://localhost:\(server.ports.client)", proxy: proxy)
        #expect(try await stream.line().hasPrefix("INFO {"))
        try await stream.exchangeMessages()
      }
    }
  }

  @Test func secureWebSocket() async throws {
    let certificates = try TransportCertificates.shared.get()
    let pair = certificates.server
    try await NATSServerProcess.with({ ports in
      "websocket { listen: \"127.0.0.1:\(ports.webSocket)\", "
        + "tls { cert_file: \"\(pair.certificate)\", key_file: \"\(pair.key)\" } }"
    }) { server in
      let target = server.ports.webSocket
      try await withProxy { port in
        let proxy = try NATSProxy("http://user:secret@127.0.0.1:\(port)")
        for host in ["localhost", "127.0.0.1"] {
          let stream = try await TransportStream(
            "wss://\(host):\(target)", tls: NATSTLSConfiguration(caFile: certificates.ca), proxy: proxy)
          #expect(try await stream.line().hasPrefix("INFO {"))
          try await stream.exchangeMessages()
        }
      }
    }
  }

  @Test(arguments: ["http://127.0.0.1", "http://user:wrong-word@127.0.0.1"])
  func notAuthorized(url: String) async throws {
    try await NATSServerProcess.with() { server in
      try await withProxy { port in
        let proxy = try NATSProxy("\(url):\(port)")
        let error = await #expect(throws: NATSError.self) {
          _ = try await TransportStream("nats://localhost:\(server.ports.client)", proxy: proxy)
        }
        #expect(error?.code == .proxyFailed)
        #expect(error?.message.contains("407") == true || error?.message.contains("401") == true)
        #expect(error?.message.contains("wrong-word") == false)
      }
    }
  }

  @Test func serverNotThere() async throws {
    let target = try LoopbackPort.free()
    try await withProxy { port in
      let proxy = try NATSProxy("http://user:secret@127.0.0.1:\(port)")
      let error = await #expect(throws: NATSError.self) {
        _ = try await TransportStream("nats://127.0.0.1:\(target.port)", proxy: proxy)
      }
      #expect(error?.code == .proxyFailed)
      #expect(error?.message.contains("did not connect to 127.0.0.1:\(target.port): 5") == true)
    }
  }
}
