import Testing
import WebSocketProtocol

@Suite("WebSocket upgrade")
struct WebSocketUpgradeTests {
  private func upgrade(compression: Bool = true) -> WebSocketUpgrade {
    // The key of RFC 6455, section 1.3.
    WebSocketUpgrade(
      host: "h:8080", path: "/p?q", offersCompression: compression, key: Array("the sample nonce".utf8))
  }

  @Test func request() throws {
    #expect(
      upgrade().request == """
        GET /p?q HTTP/1.1\r
        Host: h:8080\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r
        \r

        """)
    #expect(!(upgrade(compression: false).request.contains("Extensions")))
  }

  private func check(
    status: String = "101 Switching Protocols", upgrade: String = "websocket", connection: String = "Upgrade",
    accept: String = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", more: String = "", compression: Bool = true
  ) throws -> Bool {
    let head = try #require(
      HTTPResponseHead(
        block: ("HTTP/1.1 \(status)\r\nUpgrade: \(upgrade)\r\nConnection: \(connection)\r\n"
          + "Sec-WebSocket-Accept: \(accept)\(more)").utf8))
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
      #expect(throws: WebSocketUpgrade.Failure.self) { try attempt() }
    }
  }

  /// U+212A KELVIN SIGN is canonically equivalent to K, and its lower-case form is k.
  @Test func responseComparesAsBytes() {
    #expect(throws: WebSocketUpgrade.Failure.self) { try check(upgrade: "webSoc\u{212A}et") }
    #expect(throws: WebSocketUpgrade.Failure.self) {
      try check(accept: "s3pPLMBiTxaQ9kYGzzhZRb\u{212A}+xOo=")
    }
  }
}
