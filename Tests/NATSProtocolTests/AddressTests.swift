import NATSProtocol
import Testing

@Suite("Server addresses")
struct AddressTests {
  struct Case: CustomTestStringConvertible {
    var url: String
    var scheme: NATSServerAddress.Scheme
    var host: String
    var port: Int
    var path = ""
    var user: String?
    var password: String?
    var token: String?
    var shown: String
    var testDescription: String { url }
  }

  /// Without the `@`, a password stands in the place of the port; with `://` in it, in that of the scheme.
  @Test(arguments: [
    "nats://alice:hunter2", "alice:hunter2", "user:hunter2://cret@proxy:3128", "http://alice:hunter2",
  ])
  func errorContainsNoPasswordWithoutItsAtSign(url: String) {
    let error = #expect(throws: NATSError.self) { try NATSServerAddress(url) }
    #expect(error?.message.contains("hunter2") == false, "\(error?.message ?? "")")
  }

  @Test(arguments: [
    Case(url: "localhost", scheme: .nats, host: "localhost", port: 4222, shown: "nats://localhost:4222"),
    Case(url: " nats://h:1 ", scheme: .nats, host: "h", port: 1, shown: "nats://h:1"),
    Case(url: "NATS://h", scheme: .nats, host: "h", port: 4222, shown: "nats://h:4222"),
    Case(
      url: "tls://10.0.0.1:65535/", scheme: .tls, host: "10.0.0.1", port: 65535, shown: "tls://10.0.0.1:65535"
    ),
    Case(url: "h:", scheme: .nats, host: "h", port: 4222, shown: "nats://h:4222"),
    Case(url: "[::1]", scheme: .nats, host: "::1", port: 4222, shown: "nats://[::1]:4222"),
    Case(
      url: "nats://[fe80::1%25eth0]:5", scheme: .nats, host: "fe80::1%eth0", port: 5,
      shown: "nats://[fe80::1%25eth0]:5"),
    Case(
      url: "[FE80::1%eth0]", scheme: .nats, host: "FE80::1%eth0", port: 4222,
      shown: "nats://[FE80::1%25eth0]:4222"),
    Case(
      url: "tls://n.example.", scheme: .tls, host: "n.example.", port: 4222, shown: "tls://n.example.:4222"),
    Case(url: "nats://[fe80::1]:5", scheme: .nats, host: "fe80::1", port: 5, shown: "nats://[fe80::1]:5"),
    Case(
      url: "nats://us%40er:p%3Ass@h", scheme: .nats, host: "h", port: 4222, user: "us@er", password: "p:ss",
      shown: "nats://h:4222"),
    Case(
      url: "nats://u:p@ss@h", scheme: .nats, host: "h", port: 4222, user: "u", password: "p@ss",
      shown: "nats://h:4222"),
    Case(url: "u:@h", scheme: .nats, host: "h", port: 4222, user: "u", password: "", shown: "nats://h:4222"),
    Case(url: "s3cr3t@h", scheme: .nats, host: "h", port: 4222, token: "s3cr3t", shown: "nats://h:4222"),
    Case(url: "@h", scheme: .nats, host: "h", port: 4222, shown: "nats://h:4222"),
    Case(url: "ws://h", scheme: .ws, host: "h", port: 80, path: "/", shown: "ws://h:80"),
    Case(url: "wss://h/", scheme: .wss, host: "h", port: 443, path: "/", shown: "wss://h:443"),
    Case(
      url: "wss://h?t=secret", scheme: .wss, host: "h", port: 443, path: "/?t=secret", shown: "wss://h:443"),
    Case(
      url: "ws://t@h:8080/a/b?c=d&e#f", scheme: .ws, host: "h", port: 8080, path: "/a/b?c=d&e", token: "t",
      shown: "ws://h:8080/a/b"),
  ])
  func reads(_ expected: Case) throws {
    let address = try NATSServerAddress(expected.url)
    #expect(address.scheme == expected.scheme)
    #expect(address.host == expected.host)
    #expect(address.port == expected.port)
    #expect(address.path == expected.path)
    #expect(address.user == expected.user)
    #expect(address.password == expected.password)
    #expect(address.token == expected.token)
    #expect("\(address)" == expected.shown)
  }

  @Test(arguments: [
    "[fe80::1%25]", "[fe80::1%]", "[fe80::1%25a%25b]", "[fe80::1%25a/b]", "[::1%25eth0]", "[10.0.0.1%25eth0]",
    "fe80::1%25eth0", "[fe80::1%25interface-too-long]", "h%61", "a..b", ".", ".a",
    "[fe80::1%25eth0", "na ts://h", "nats://h h", "nats://h:+1", "nats://h: 1",
    "", " ", "nats://", "://h", "http://h", "nats:///path", "nats://h/path", "nats://:4222", "h:0", "h:65536",
    "h:-1", "h:+1", "h:4x", "::1", "[::1", "[::1]x", "[h]:1", "[]", "a b", "a\u{0}b", "h\r\nX: y", "höst",
    "h_!",
    "nats://s3cr3t%zz@h", "nats://s3cr3t%f@h", "nats://s3cr3t%ff@h", "h:1:2", "nats://s3cr3t:s3cr3t@h:x",
    "ws://h/a b", String(repeating: "h", count: 254),
    "ws://h/" + String(repeating: "p", count: NATSServerAddress.maximumLength),
  ])
  func refuses(_ url: String) {
    let error = #expect(throws: NATSError.self) { try NATSServerAddress(url) }
    #expect(error?.code == .invalidURL)
    #expect(error?.message.contains("s3cr3t") == false)
  }

  @Test func defaultSchemeAppliesToURLsWithoutOne() throws {
    #expect(try NATSServerAddress("h", defaultScheme: .ws).description == "ws://h:80")
    #expect(try NATSServerAddress("tls://h", defaultScheme: .ws).scheme == .tls)
  }

  @Test func lists() throws {
    #expect(
      try NATSServerAddress.list("a, nats://b:1 ,,tls://c").map(\.description) == [
        "nats://a:4222", "nats://b:1", "tls://c:4222",
      ])
    #expect(try NATSServerAddress.list("ws://a,wss://b").count == 2)
    for list in ["", " , ", "a,ws://b", "wss://a,tls://b", "a,b:x"] {
      let error = #expect(throws: NATSError.self) { try NATSServerAddress.list(list) }
      #expect(error?.code == .invalidURL)
    }
  }

  @Test func discoveredServersInheritSchemeAndCredentials() throws {
    let seed = try NATSServerAddress("tls://u:p@nats.example.com:4222")
    let byAddress = try seed.discovered("10.0.0.7:4223")
    #expect("\(byAddress)" == "tls://10.0.0.7:4223")
    #expect(byAddress.certificateNames == ["nats.example.com"])
    #expect(byAddress.user == "u")
    #expect(byAddress.password == "p")
    #expect(try byAddress.discovered("[fe80::1]:4224").certificateNames == ["nats.example.com"])
    #expect(
      try seed.discovered("other.example.com:4222").certificateNames == ["nats.example.com"],
      "a name that only gossip mentions proves nothing")
    #expect(try NATSServerAddress("ws://h:8080/p").discovered("10.0.0.7:9090").path == "/p")
    #expect(throws: NATSError.self) { try seed.discovered("10.0.0.7:nine") }
    let bySeedAddress = try NATSServerAddress("tls://10.0.0.1").discovered("10.0.0.2:4222")
    #expect(bySeedAddress.certificateNames == ["10.0.0.1"])
  }

  @Test(arguments: [
    ("localhost", true), ("LOCALHOST.", true), ("a.localhost", true), ("127.8.8.8", true), ("[::1]", true),
    ("[::ffff:127.0.0.1]", true), ("localhost.example", false), ("10.0.0.1", false), ("[::2]", false),
    ("0.0.0.0", false), ("notlocalhost", false), ("127.0.0.1.example.com", false),
  ])
  func loopback(host: String, isLoopback: Bool) throws {
    #expect(try NATSServerAddress("nats://\(host):1").isLoopback == isLoopback)
  }

  @Test(arguments: [
    "nats://user:pa/ss@host", "nats://s3cr/et@host", "ws://s3cr/et@host", "nats://user:pa?ss@host",
    "nats://user:pa#ss@host",
  ])
  func unencodedSecretIsNotTakenForAHost(url: String) {
    let error = #expect(throws: NATSError.self) { try NATSServerAddress(url) }
    #expect(error?.code == .invalidURL)
    for part in ["pa", "s3cr", "user"] { #expect(error?.message.contains(part) == false) }
  }
}
