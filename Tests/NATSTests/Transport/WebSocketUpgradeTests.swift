import Testing

@testable import NATS

@Suite("WebSocket upgrade")
struct WebSocketUpgradeTests {
  private func upgrade(_ url: String = "ws://h:8080/p?q", compression: Bool = true) throws -> WebSocketUpgrade
  {
    // The key is that of RFC 6455, section 1.3.
    WebSocketUpgrade(
      server: try NATSServerAddress(url), offersCompression: compression, key: "dGhlIHNhbXBsZSBub25jZQ==")
  }

  @Test func request() throws {
    #expect(
      try upgrade().request == """
        GET /p?q HTTP/1.1\r
        Host: h:8080\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r
        \r

        """)
    #expect(!(try upgrade(compression: false).request.contains("Extensions")))
  }

  @Test(arguments: [
    ("ws://h", "h"), ("ws://h:80", "h"), ("wss://h", "h"), ("wss://h:80", "h:80"), ("ws://[::1]", "[::1]"),
    ("wss://[::1]:444", "[::1]:444"), ("wss://h.example.", "h.example"),
    ("wss://h.example.:444", "h.example:444"),
    ("ws://[fe80::1%25eth0]", "[fe80::1]"),
  ])
  func host(url: String, host: String) throws {
    #expect(try upgrade(url).request.contains("\r\nHost: \(host)\r\n"))
  }

  @Test func keysAreRandom() throws {
    let server = try NATSServerAddress("ws://h")
    let requests = Set(
      (0..<10).map { _ in WebSocketUpgrade(server: server, offersCompression: true).request })
    #expect(requests.count == 10)
  }

  private func check(
    status: String = "101 Switching Protocols", upgrade: String = "websocket", connection: String = "Upgrade",
    accept: String = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", more: String = "", compression: Bool = true
  ) throws -> Bool {
    let head = try #require(
      HTTPResponseHead(
        block: "HTTP/1.1 \(status)\r\nUpgrade: \(upgrade)\r\nConnection: \(connection)\r\n"
          + "Sec-WebSocket-Accept: \(accept)\(more)"))
    return try self.upgrade(compression: compression).check(head)
  }

  @Test func accepts() throws {
    #expect(try !check())
    #expect(try !check(upgrade: "WebSocket", connection: "keep-alive, upgrade"))
    let extensions = "\r\nSec-WebSocket-Extensions: "
    #expect(try check(more: extensions + WebSocketUpgrade.deflateOffer))
    #expect(
      try check(
        more: extensions + "permessage-deflate;client_no_context_takeover;server_no_context_takeover"))
  }

  @Test func refuses() {
    let extensions = "\r\nSec-WebSocket-Extensions: "
    let attempts: [() throws -> Bool] = [
      { try check(status: "200 OK") },
      { try check(status: "404 Not Found") },
      { try check(upgrade: "h2c") },
      { try check(connection: "close") },
      { try check(accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOp=") },
      { try check(more: "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") },
      { try check(more: "\r\nSec-WebSocket-Protocol: mqtt") },
      { try check(more: extensions + "permessage-deflate") },
      {
        try check(
          more: extensions + "permessage-deflate; server_no_context_takeover; server_no_context_takeover")
      },
      { try check(more: extensions + WebSocketUpgrade.deflateOffer + "; server_max_window_bits=8") },
      { try check(more: extensions + WebSocketUpgrade.deflateOffer + ", x-other") },
      { try check(more: extensions + WebSocketUpgrade.deflateOffer, compression: false) },
    ]
    for attempt in attempts {
      let error = #expect(throws: NATSError.self) { try attempt() }
      #expect(error?.code == .webSocketFailed)
    }
  }
}
