import NIOCore
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
    let port = try LoopbackPort()
    let error = await #expect(throws: NATSError.self) {
      _ = try await TransportStream("nats://127.0.0.1:\(port.port)")
    }
    #expect(error?.code == .connectionFailed)
    #expect(error?.message.hasSuffix("at 127.0.0.1: Connection refused") == true)
    // Holds the port until here.
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

  @Test func webSocketAtAnAddressThatIsNone() async throws {
    try await NATSServerProcess.with() { server in
      let error = await #expect(throws: NATSError.self) {
        _ = try await TransportStream("ws://localhost:\(server.ports.client)")
      }
      #expect(error?.code == .webSocketFailed)
      #expect(error?.message.contains("does not answer with HTTP") == true)
    }
  }
}
