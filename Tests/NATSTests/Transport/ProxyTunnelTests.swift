import Testing
import WebSocketProtocol

@testable import NATS

@Suite("Proxy tunnels")
struct ProxyTunnelTests {
  @Test func tunnelKeepsTheTrailingDot() throws {
    let server = try NATSServerAddress("wss://nats.example.com.")
    #expect(
      ProxyTunnel.request(to: server, through: NATSProxy(host: "p", port: 1))
        .hasPrefix("CONNECT nats.example.com.:443 HTTP/1.1\r\n"))
  }

  @Test func request() throws {
    let server = try NATSServerAddress("wss://[::1]:8443/path")
    #expect(
      ProxyTunnel.request(
        to: server, through: NATSProxy(host: "p", port: 1, user: "Aladdin", password: "open sesame"))
        == "CONNECT [::1]:8443 HTTP/1.1\r\nHost: [::1]:8443\r\n"
        + "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n")
    #expect(
      !ProxyTunnel.request(to: server, through: NATSProxy(host: "p", port: 1)).contains("Authorization"))
  }

  @Test func answers() throws {
    let server = try NATSServerAddress("h")
    let proxy = NATSProxy(host: "p", port: 1, user: "user", password: "s3cr3t")
    func check(_ status: String) throws {
      let head = try #require(HTTPResponseHead(block: "HTTP/1.1 \(status)".utf8))
      try ProxyTunnel.check(head, server: server, proxy: proxy)
    }
    try check("200 Connection established")
    for status in ["407 Proxy Authentication Required", "502 Bad Gateway", "301 Moved"] {
      let error = #expect(throws: NATSError.self) { try check(status) }
      #expect(error?.code == .proxyFailed)
      #expect(error?.message.contains("s3cr3t") == false)
      #expect(error?.message.contains(status.prefix(3)) == true)
    }
  }
}
