import Testing
import WebSocketProtocol

@testable import NATS

@Suite("WebSocket upgrade of a server")
struct WebSocketUpgradeTests {
  private func request(_ url: String) throws -> String {
    try WebSocketUpgrade(server: NATSServerAddress(url), offersCompression: true).request
  }

  @Test(arguments: [
    ("ws://h", "h"), ("ws://h:80", "h"), ("wss://h", "h"), ("wss://h:80", "h:80"), ("ws://[::1]", "[::1]"),
    ("wss://[::1]:444", "[::1]:444"), ("wss://h.example.", "h.example"),
    ("wss://h.example.:444", "h.example:444"),
    ("ws://[fe80::1%25eth0]", "[fe80::1]"),
  ])
  func host(url: String, host: String) throws {
    #expect(try request(url).contains("\r\nHost: \(host)\r\n"))
  }

  @Test func keysAreRandom() throws {
    let requests = Set(try (0..<10).map { _ in try request("ws://h") })
    #expect(requests.count == 10)
  }

  @Test func failureNamesTheServer() throws {
    let server = try NATSServerAddress("ws://h:8080/p")
    let head = try #require(HTTPResponseHead(block: "HTTP/1.1 404 Not Found".utf8))
    let error = #expect(throws: NATSError.self) {
      try WebSocketUpgrade(server: server, offersCompression: true).check(head, server: server)
    }
    #expect(error?.code == .webSocketFailed)
    #expect(error?.message.hasPrefix("the WebSocket upgrade at ws://h:8080/p failed: ") == true)
  }
}
