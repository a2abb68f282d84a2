import NATSProtocol
import Testing

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
  func exemptAddressesBypassTheProxy(host: String, list: String, exempt: Bool) throws {
    #expect(ProxyExemptions(list).cover(try NATSServerAddress(host)) == exempt)
  }

  @Test(arguments: [
    ("10.1.2.3", "10.0.0.0/8", true), ("110.0.0.1", "10.0.0.0/8", false), ("10.1.2.3", "10.9.9.9/8", true),
    ("10.1.2.3", "10.1.2.2/31", true), ("10.1.2.4", "10.1.2.2/31", false), ("10.1.2.3", "10.1.2.3/32", true),
    ("10.1.2.4", "10.1.2.3/32", false), ("10.1.2.3", "0.0.0.0/0", true), ("[fd00::1]", "0.0.0.0/0", false),
    ("10.1.2.3", "10.0.0.0/33", false), ("10.1.2.3", "10.0.0.0/", false), ("10.1.2.3", "10.0.0.0/-1", false),
    ("10.1.2.3", "10.0.0.0/+8", false), ("10.1.2.3", "10.0.0.0/8/8", false), ("10.1.2.3", "/8", false),
    ("10.1.2.3", "10/8", false), ("10.1.2.3", "10.0.0.0/8:4222", true), ("10.1.2.3", "10.0.0.0/8:80", false),
    ("[fd00::1]", "fd00::/8", true), ("[fe00::1]", "fd00::/8", false), ("[fd00::1]", "[fd00::1]/128", true),
    ("[fd00::1]", "[fd00::]/8", true), ("[fd00::1]", "fd00::1/129", false),
    ("[fd00::1]", "[fd00::]/8:4222", true),
    ("[::ffff:10.1.2.3]", "10.0.0.0/8", true), ("10.1.2.3", "::ffff:10.0.0.0/104", true),
    ("10.1.2.3", "::ffff:10.1.2.3", true), ("10.1.2.3", "::ffff:10.0.0.0/95", false),
    ("[fe80::1%eth0]", "fe80::/10", true), ("nats.example.com", "10.0.0.0/0", false),
    ("nats.example.com.", "example.com", true), ("nats.example.com", "example.com.", true),
    ("nats.example.com", "example.com/8", false), ("10.1.2.3", "3", false),
  ])
  func addressesInAnExemptRangeBypassTheProxy(host: String, list: String, exempt: Bool) throws {
    #expect(ProxyExemptions(list).cover(try NATSServerAddress(host)) == exempt)
  }

  @Test func invalidEntriesAreReported() throws {
    let text = "10.0.0.0/8,10.0.0.0/33, 127.0.0.0/ *,.corp.test,10.*,http://h,host:99999,::1,.,[::1]:80"
    #expect(
      ProxyExemptions(text).unreadable == [
        "10.0.0.0/33", "127.0.0.0/", "10.*", "http://h", "host:99999", ".",
      ])
    let warning = NATSProxy.exemptionWarning(for: ["HTTPS_PROXY": "http://p", "NO_PROXY": text])
    #expect(warning?.contains("\"10.0.0.0/33\"") == true)
    #expect(NATSProxy.exemptionWarning(for: ["NO_PROXY": text]) == nil)
    #expect(NATSProxy.exemptionWarning(for: ["https_proxy": "http://p", "no_proxy": "10.0.0.0/8"]) == nil)
  }

  @Test(arguments: [
    "localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]",
  ])
  func localHostNeedsNoProxy(host: String) throws {
    let environment = ["HTTPS_PROXY": "http://p:1"]
    for scheme in ["nats", "ws"] {
      let server = try NATSServerAddress("\(scheme)://\(host)")
      #expect(try NATSProxy.fromEnvironment(for: server, environment: environment) == nil)
    }
    #expect(
      try NATSProxy.fromEnvironment(for: NATSServerAddress("128.0.0.1"), environment: environment) != nil)
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

}
