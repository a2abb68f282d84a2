import Encoding

/// An HTTP proxy that opens tunnels with `CONNECT` (RFC 9110, section 9.3.6), with optional Basic authorization.
public struct NATSProxy: Sendable, Hashable, CustomStringConvertible {
  /// The host name or IP address; an IPv6 address has no brackets.
  public let host: String

  /// The port, 1 to 65535.
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

  /// Parses `http://user:password@host:port`. Scheme, credentials and port are optional; the default port is 80.
  ///
  /// - Throws: `NATSError` with code `invalidURL`; also for `https://`, because TLS to the proxy is not supported, and for a user
  ///   name with a colon, which Basic authorization cannot represent.
  public init(_ url: String) throws(NATSError) {
    let parts = try URLParts(url, kind: "proxy URL")
    guard parts.scheme == nil || parts.scheme == "http" else {
      throw parts.invalid("only http:// proxies are supported")
    }
    guard parts.path.isEmpty || parts.path == "/" else { throw parts.invalid("a proxy has no path") }
    let authority = try parts.authority(defaultPort: 80)
    guard !(authority.user?.utf8.contains(UInt8(ascii: ":")) ?? false) else {
      throw parts.invalid("the user must not contain a colon")
    }
    self.init(host: authority.host, port: authority.port, user: authority.user, password: authority.password)
  }

  /// Returns the proxy that the environment selects for a server: `HTTPS_PROXY` or `https_proxy`, unless `NO_PROXY` or `no_proxy`
  /// exempts the server, or the server is the local host.
  ///
  /// The entries of `NO_PROXY` are separated by commas or blanks: `*` for everything; `example.com` for that host and its
  /// subdomains (`.example.com` and `*.example.com` are equivalent); an IP address; a range of addresses (`10.0.0.0/8`,
  /// `fd00::/8`); each optionally with `:port`.
  ///
  /// - Parameters:
  ///   - address: the server to connect to.
  ///   - environment: the environment of the process.
  /// - Returns: nil if the server is reached directly.
  /// - Throws: `NATSError` with code `invalidURL` if the variable is invalid.
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

  /// Returns a warning about invalid entries of `NO_PROXY`, which exempt nothing; nil if there are none or no proxy is set.
  public static func exemptionWarning(for environment: [String: String]) -> String? {
    guard value(of: "HTTPS_PROXY", in: environment) != nil, let text = value(of: "NO_PROXY", in: environment)
    else { return nil }
    let unreadable = ProxyExemptions(text).unreadable
    guard !unreadable.isEmpty else { return nil }
    // An entry with an @ may be the URL of a proxy with its password.
    let shown = unreadable.prefix(4).map { entry in
      entry.utf8.contains(UInt8(ascii: "@"))
        ? "an entry with user information" : String(entry.unicodeScalars.prefix(80)).quoted
    }.joined(separator: ", ")
    let more = unreadable.count > 4 ? " and \(unreadable.count - 4) more" : ""
    return
      "NO_PROXY: \(shown)\(more) cannot be read and exempts nothing: write a host name, an IP address or a range "
      + "such as 10.0.0.0/8"
  }

  /// Returns the value of a variable in upper case, otherwise in lower case. Empty values are ignored.
  private static func value(of name: String, in environment: [String: String]) -> String? {
    for name in [name, name.asciiLowercased] {
      if let value = environment[name], !value.isEmpty { return value }
    }
    return nil
  }

  /// `http://host:port`, without credentials.
  public var description: String { "http://\(hostAndPort)" }

  var hostAndPort: String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}
