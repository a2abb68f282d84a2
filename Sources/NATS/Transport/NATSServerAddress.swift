/// Where a NATS server listens, and how to speak to it: a parsed server URL.
///
/// Accepted: `nats://`, `tls://`, `ws://` and `wss://`, or no scheme at all; a host name, an IPv4 address or
/// an IPv6 address in brackets; a port (4222 for `nats` and `tls`, 80 for `ws`, 443 for `wss` when absent);
/// `user:password@` or `token@` before the host, percent-encoded where needed; for WebSockets also a path and
/// a query.
public struct NATSServerAddress: Sendable, Hashable, CustomStringConvertible {
  /// How the byte stream to the server is made.
  public enum Scheme: String, Sendable, Hashable, CaseIterable {
    /// TCP, with TLS when the server or the configuration asks for it.
    case nats
    /// TCP, always with TLS.
    case tls
    /// WebSocket without TLS.
    case ws
    /// WebSocket over TLS.
    case wss

    /// Whether the stream is carried by a WebSocket.
    public var isWebSocket: Bool { self == .ws || self == .wss }

    /// The port that is meant when a URL has none.
    public var defaultPort: Int {
      switch self {
      case .nats, .tls: 4222
      case .ws: 80
      case .wss: 443
      }
    }
  }

  /// The longest URL that is accepted, in bytes.
  public static let maximumLength = 4096

  /// How the byte stream is made.
  public let scheme: Scheme

  /// A host name or an IP address; an IPv6 address stands here without its brackets.
  public let host: String

  /// 1 to 65535.
  public let port: Int

  /// Path and query of a WebSocket URL, `/` when it has none; empty for the other schemes.
  public let path: String

  /// The user of `user:password@`, percent-decoded.
  public let user: String?

  /// The password of `user:password@`, percent-decoded.
  public let password: String?

  /// What stands alone before the `@`, percent-decoded.
  public let token: String?

  /// The name that the server's certificate has to carry when it is not ``host``: that of the server that
  /// told of this address (see ``discovered(_:)``).
  public let certificateName: String?

  /// Reads a server URL.
  ///
  /// - Parameters:
  ///   - string: the URL; blanks around it are ignored.
  ///   - defaultScheme: what is meant when the URL has no scheme.
  /// - Throws: `NATSError` with code `invalidURL`. The message never repeats what stands before the `@`.
  public init(_ string: String, defaultScheme: Scheme = .nats) throws(NATSError) {
    let parser = try URLParts(string, kind: "server URL")
    var scheme = defaultScheme
    if let name = parser.scheme {
      guard let known = Scheme(rawValue: name) else {
        throw parser.invalid("unknown scheme '\(name)', use nats, tls, ws or wss")
      }
      scheme = known
    }
    let authority = try parser.authority(defaultPort: scheme.defaultPort)
    var path = parser.path
    if scheme.isWebSocket {
      if !path.hasPrefix("/") { path = "/" + path }
    } else if path.isEmpty || path == "/" {
      path = ""
    } else {
      throw parser.invalid("a path has a meaning for ws:// and wss:// only")
    }
    self.scheme = scheme
    self.host = authority.host
    self.port = authority.port
    self.path = path
    if let password = authority.password {
      self.user = authority.user
      self.password = password
      self.token = nil
    } else {
      self.user = nil
      self.password = nil
      self.token = authority.user
    }
    self.certificateName = nil
  }

  private init(_ other: NATSServerAddress, host: String, port: Int, certificateName: String?) {
    scheme = other.scheme
    self.host = host
    self.port = port
    path = other.path
    user = other.user
    password = other.password
    token = other.token
    self.certificateName = certificateName
  }

  /// Reads server URLs separated by commas; empty items are skipped.
  ///
  /// - Parameters:
  ///   - commaSeparated: the URLs.
  ///   - defaultScheme: what is meant when a URL has no scheme.
  /// - Throws: `NATSError` with code `invalidURL` when one cannot be read, there is none, or WebSocket URLs
  ///   are mixed with others: servers tell a client of each other by addresses of one kind only.
  public static func list(
    _ commaSeparated: String, defaultScheme: Scheme = .nats
  ) throws(NATSError) -> [NATSServerAddress] {
    var addresses: [NATSServerAddress] = []
    for item in commaSeparated.split(separator: ",") {
      if item.utf8.allSatisfy({ URLParts.isBlank($0) }) { continue }
      addresses.append(try NATSServerAddress(String(item), defaultScheme: defaultScheme))
    }
    guard let first = addresses.first else {
      throw NATSError(.invalidURL, "no server URL given, expected something like nats://host:4222")
    }
    if let other = addresses.first(where: { $0.scheme.isWebSocket != first.scheme.isWebSocket }) {
      throw NATSError(
        .invalidURL, "\(first) and \(other) do not mix: use either WebSocket URLs or nats and tls URLs")
    }
    return addresses
  }

  /// The address of another server of the cluster that this server told of in `connect_urls`.
  ///
  /// It is reached the same way and with the same credentials. Where the told address is a bare IP address,
  /// which a certificate rarely carries, the certificate has to carry the name of this server, if it has one.
  ///
  /// - Parameter hostAndPort: `host:port`, as in INFO; a scheme is accepted and ignored.
  /// - Throws: `NATSError` with code `invalidURL`.
  public func discovered(_ hostAndPort: String) throws(NATSError) -> NATSServerAddress {
    let parser = try URLParts(hostAndPort, kind: "discovered server")
    let authority = try parser.authority(defaultPort: scheme.defaultPort)
    let ownName = certificateName ?? (IPAddress.isLiteral(host) ? nil : host)
    let name = IPAddress.isLiteral(authority.host) ? ownName : nil
    return NATSServerAddress(
      self, host: authority.host, port: authority.port, certificateName: name == authority.host ? nil : name)
  }

  /// `host:port`, an IPv6 address in brackets.
  public var hostAndPort: String {
    host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// The URL without credentials and query, for logs.
  public var description: String {
    let path = path.prefix { $0 != "?" }
    return "\(scheme.rawValue)://\(hostAndPort)\(path == "/" ? "" : path)"
  }
}
