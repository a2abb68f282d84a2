import NIOCore
import Testing

@testable import NATS

@Suite("HTTP proxies")
struct ProxyTests {
  @Test func reads() throws {
    let proxy = try NATSProxy("http://us%40er:p%3Aw@proxy.example.com:3128/")
    #expect(proxy == NATSProxy(host: "proxy.example.com", port: 3128, user: "us@er", password: "p:w"))
    #expect("\(proxy)" == "http://proxy.example.com:3128")
    #expect(try NATSProxy("proxy") == NATSProxy(host: "proxy", port: 80))
    #expect(try NATSProxy("http://[::1]:8080") == NATSProxy(host: "::1", port: 8080))
  }

  @Test(arguments: [
    "", "https://proxy:1", "socks5://proxy", "http://proxy/path", "http://u%3As3cr3t:x@proxy",
  ])
  func refuses(url: String) {
    let error = #expect(throws: NATSError.self) { try NATSProxy(url) }
    #expect(error?.code == .invalidURL)
    #expect(error?.message.contains("s3cr3t") == false)
  }

  @Test(arguments: [
    ("", false), ("*", true), ("example.com", true), (".example.com", true), ("*.example.com", true),
    ("EXAMPLE.com", true), ("nats.example.com", true), ("ample.com", false), ("other.org", false),
    ("other.org, example.com", true), ("other.org example.com", true), ("example.com:4222", true),
    ("example.com:80", false), (",,", false), (".", false), ("10.0.0.1", false),
  ])
  func exemptions(list: String, exempt: Bool) throws {
    #expect(ProxyExemptions(list).cover(try NATSServerAddress("nats.example.com")) == exempt)
  }

  @Test(arguments: [
    ("10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.1:4222", true), ("10.0.0.1", "10.0.0.1:1", false),
    ("10.0.0.1", "0.0.1", false), ("[::1]", "::1", true), ("[::1]", "[::1]:4222", true),
    ("[::1]", "[::1]:4223", false), ("[::1]", "0:0:0:0:0:0:0:1", true),
  ])
  func exemptAddresses(host: String, list: String, exempt: Bool) throws {
    #expect(ProxyExemptions(list).cover(try NATSServerAddress(host)) == exempt)
  }

  @Test func environment() throws {
    let server = try NATSServerAddress("nats.example.com")
    func proxy(_ environment: [String: String]) throws -> String? {
      try NATSProxy.fromEnvironment(for: server, environment: environment).map { "\($0)" }
    }
    #expect(try proxy([:]) == nil)
    #expect(try proxy(["HTTP_PROXY": "http://a:1"]) == nil)
    #expect(try proxy(["https_proxy": "http://a:1"]) == "http://a:1")
    #expect(try proxy(["HTTPS_PROXY": "http://b:2", "https_proxy": "http://a:1"]) == "http://b:2")
    #expect(try proxy(["HTTPS_PROXY": "", "https_proxy": "http://a:1"]) == "http://a:1")
    #expect(try proxy(["HTTPS_PROXY": "http://b:2", "NO_PROXY": "example.com"]) == nil)
    #expect(try proxy(["HTTPS_PROXY": "http://b:2", "no_proxy": "*"]) == nil)
    #expect(throws: NATSError.self) { try proxy(["HTTPS_PROXY": "ftp://b"]) }
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
      let head = try #require(HTTPResponseHead(block: "HTTP/1.1 \(status)"))
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
