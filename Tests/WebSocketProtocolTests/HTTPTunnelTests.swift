import Testing
import WebSocketProtocol

@Suite("HTTP CONNECT")
struct HTTPTunnelTests {
  @Test func requestContainsTargetAndCredentials() {
    #expect(
      HTTPTunnel.request(target: "h:1", user: nil, password: nil)
        == "CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n")
    #expect(
      HTTPTunnel.request(target: "h:1", user: "Aladdin", password: "open sesame")
        .contains("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"))
  }

  @Test func onlySuccessOpensTheTunnel() throws {
    func check(_ status: String) throws {
      try HTTPTunnel.check(try #require(HTTPResponseHead(block: "HTTP/1.1 \(status)".utf8)))
    }
    try check("200 OK")
    #expect(throws: HTTPTunnel.Failure.notAuthorized) { try check("407 x") }
    #expect(throws: HTTPTunnel.Failure.refused(status: 502, reason: "Bad")) { try check("502 Bad") }
  }
}
