/// An HTTP proxy that opens tunnels with `CONNECT` (RFC 9110, section 9.3.6), with optional Basic
/// authorization.
public struct NATSProxy: Sendable, Hashable, CustomStringConvertible {
  /// A host name or an IP address; an IPv6 address stands here without its brackets.
  public let host: String

  /// 1 to 65535.
  public let port: Int

  /// The user for Basic authorization, or nil for none.
  public let user: String?

  /// The password for Basic authorization.
  public let password: String?

  /// Creates a proxy from its parts.
  public init(host: String, port: Int, user: String? = nil, password: String? = nil) {
    self.host = host
    self.port = port
    self.user = user
    self.password = password
  }

  /// Reads `http://user:password@host:port`; scheme, credentials and port (then 80) may be absent.
  ///
  /// - Throws: `NATSError` with code `invalidURL`; also for `https://`, because TLS to the proxy itself is
  ///   not supported, and for a user with a colon in it, which Basic authorization cannot carry.
  public init(_ url: String) throws(NATSError) {
    let parts = try URLParts(url, kind: "proxy URL")
    guard parts.scheme == nil || parts.scheme == "http" else {
      throw parts.invalid("only http:// proxies are supported")
    }
    guard parts.path.isEmpty || parts.path == "/" else { throw parts.invalid("a proxy has no path") }
    let authority = try parts.authority(defaultPort: 80)
    guard !(authority.user?.contains(":") ?? false) else {
      throw parts.invalid("the user must not contain a colon")
    }
    self.init(host: authority.host, port: authority.port, user: authority.user, password: authority.password)
  }

  /// The proxy that the environment names for a server: `HTTPS_PROXY` or `https_proxy`, unless `NO_PROXY` or
  /// `no_proxy` exempts the server.
  ///
  /// The items of `NO_PROXY` are separated by commas or blanks: `*` for everything; `example.com` for that
  /// host and all below it (`.example.com` and `*.example.com` mean the same); an IP address; each also with
  /// `:port`.
  ///
  /// - Parameters:
  ///   - address: the server to be reached.
  ///   - environment: the process's environment.
  /// - Returns: the proxy, or nil when the server is to be reached directly.
  /// - Throws: `NATSError` with code `invalidURL` when the variable cannot be read.
  public static func fromEnvironment(
    for address: NATSServerAddress, environment: [String: String]
  ) throws(NATSError) -> NATSProxy? {
    func value(_ names: [String]) -> String? {
      names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    }
    guard let url = value(["HTTPS_PROXY", "https_proxy"]) else { return nil }
    if let exempt = value(["NO_PROXY", "no_proxy"]), ProxyExemptions(exempt).cover(address) { return nil }
    return try NATSProxy(url)
  }

  /// `http://host:port`, without credentials.
  public var description: String { "http://\(hostAndPort)" }

  var hostAndPort: String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
