import Glibc
import NATSTesting
import NIOCore
import NIOPosix
import Testing

@testable import NATS

@Suite("Streams to a real server", .timeLimit(.minutes(2)))
struct TransportTests {
  @Test func tcp() async throws {
    try await NATSServerProcess.with() { server in
      let stream = try await TransportStream("nats://localhost:\(server.ports.client)")
      #expect(try await stream.line().hasPrefix("INFO {"))
      try await stream.exchangeMessages()
    }
  }

  @Test func refusedConnection() async throws {
    let port = try LoopbackPort.free()
    let error = await #expect(throws: NATSError.self) {
      _ = try await TransportStream("nats://127.0.0.1:\(port.port)")
    }
    #expect(error?.code == .connectionFailed)
    #expect(error?.message.hasSuffix("at 127.0.0.1: Connection refused") == true)
    // Keeps the port reserved until here.
    #expect(port.port > 0)
  }

  @Test func unknownHost() async throws {
    let error = await #expect(throws: NATSError.self) {
      _ = try await TransportStream("nats://nowhere.invalid:4222")
    }
    #expect(error?.code == .connectionFailed)
    #expect(error?.message.hasPrefix("cannot resolve 'nowhere.invalid': ") == true)
  }

  @Test(arguments: [false, true], ["/", "/some/path?key=value"])
  func webSocket(serverCompression: Bool, path: String) async throws {
    try await NATSServerProcess.with({ ports in
      "websocket { listen: \"127.0.0.1:\(ports.webSocket)\", no_tls: true, compression: \(serverCompression) }"
    }) { server in
      let port = server.ports.webSocket
      for clientCompression in [false, true] {
        let stream = try await TransportStream(
          "ws://localhost:\(port)\(path)", compression: clientCompression)
        #expect(try await stream.line().hasPrefix("INFO {"))
        try await stream.exchangeMessages()
      }
    }
  }

  @Test func webSocketToServerWithSmallPayloads() async throws {
    try await NATSServerProcess.with({ ports in
      "max_payload: 1024\nwebsocket { listen: \"127.0.0.1:\(ports.webSocket)\", no_tls: true, compression: true }"
    }) { server in
      let port = server.ports.webSocket
      let stream = try await TransportStream("ws://localhost:\(port)")
      #expect(try await stream.line().hasPrefix("INFO {"))
      try await stream.send("CONNECT {\"verbose\":false}\r\n")
      try await stream.send(String(repeating: "PUB test 5\r\nhello\r\n", count: 50_000) + "PING\r\n")
      #expect(try await stream.line() == "PONG")
    }
  }

  @Test func webSocketToANonHTTPPortThrows() async throws {
    try await NATSServerProcess.with() { server in
      let error = await #expect(throws: NATSError.self) {
        _ = try await TransportStream("ws://localhost:\(server.ports.client)")
      }
      #expect(error?.code == .webSocketFailed)
      #expect(error?.message.contains("does not answer with HTTP") == true)
    }
  }

  @Test func keepAliveOptionsAreSet() async throws {
    try await NATSServerProcess.with { server in
      let stream = try await TransportStream("nats://127.0.0.1:\(server.ports.client)")
      func option(_ level: NIOBSDSocket.OptionLevel, _ name: CInt) async throws -> Int {
        try await stream.channel.getOption(
          ChannelOptions.Types.SocketOption(level: level, name: NIOBSDSocket.Option(rawValue: name))
        ).get()
      }
      #expect(try await option(.tcp, TCP_NODELAY) != 0)
      #expect(try await option(.socket, SO_KEEPALIVE) != 0)
      #expect(try await option(.tcp, TCP_USER_TIMEOUT) == 20_000)
      #expect(try await option(.tcp, TCP_KEEPIDLE) == 15)
    }
  }

  /// Runs `body` with the port of a server that accepts connections and sends nothing.
  private func withSilentServer(_ body: (Int) async throws -> Void) async throws {
    let server = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
      .bind(host: "127.0.0.1", port: 0).get()
    try await body(try #require(server.localAddress?.port))
    try await server.close()
  }

  @Test func silentServerTimesOut() async throws {
    try await withSilentServer { port in
      let error = await #expect(throws: NATSError.self) {
        _ = try await TransportStream("ws://127.0.0.1:\(port)", timeout: .milliseconds(100))
      }
      #expect(error?.code == .timeout)
    }
  }

  @Test func cancelledTaskThrows() async throws {
    try await withSilentServer { port in
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          let error = await #expect(throws: NATSError.self) {
            _ = try await TransportStream("ws://127.0.0.1:\(port)", timeout: .hours(1))
          }
          #expect(error?.code == .cancelled)
        }
        group.cancelAll()
      }
    }
  }
}
