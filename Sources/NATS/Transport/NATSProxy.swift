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
  /// `no_proxy` exempts the server, or it is this machine itself.
  ///
  /// The items of `NO_PROXY` are separated by commas or blanks: `*` for everything; `example.com` for that
  /// host and all below it (`.example.com` and `*.example.com` mean the same); an IP address; a range of addresses
  /// (`10.0.0.0/8`, `fd00::/8`); each also with `:port`.
  ///
  /// - Parameters:
  ///   - address: the server to be reached.
  ///   - environment: the process's environment.
  /// - Returns: the proxy, or nil when the server is to be reached directly.
  /// - Throws: `NATSError` with code `invalidURL` when the variable cannot be read.
  public static func fromEnvironment(
    for address: NATSServerAddress, environment: [String: String]
  ) throws(NATSError) -> NATSProxy? {
    guard let url = value(of: "HTTPS_PROXY", in: environment) else { return nil }
    if address.isLoopback { return nil }
    if let exempt = value(of: "NO_PROXY", in: environment), ProxyExemptions(exempt).cover(address) {
      return nil
    }
    return try NATSProxy(url)
  }

  /// A line for the operator about entries of `NO_PROXY` that cannot be read and so exempt nothing; nil where there are none,
  /// or the environment names no proxy.
  public static func exemptionWarning(for environment: [String: String]) -> String? {
    guard value(of: "HTTPS_PROXY", in: environment) != nil, let text = value(of: "NO_PROXY", in: environment)
    else { return nil }
    let unreadable = ProxyExemptions(text).unreadable
    guard !unreadable.isEmpty else { return nil }
    // What has an @ may be the URL of a proxy with its password.
    let shown = unreadable.prefix(4).map { entry in
      entry.contains("@") ? "an entry with user information" : String(entry.prefix(80)).debugDescription
    }.joined(separator: ", ")
    let more = unreadable.count > 4 ? " and \(unreadable.count - 4) more" : ""
    return
      "NO_PROXY: \(shown)\(more) cannot be read and exempts nothing: write a host name, an IP address or a range "
      + "such as 10.0.0.0/8"
  }

  /// The value of a variable in capitals, else in small letters; an empty one counts as absent.
  private static func value(of name: String, in environment: [String: String]) -> String? {
    [name, name.lowercased()].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
  }

  /// `http://host:port`, without credentials.
  public var description: String { "http://\(hostAndPort)" }

  var hostAndPort: String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
