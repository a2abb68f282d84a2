import Encoding

/// The address of a NATS server: a parsed server URL.
///
/// A URL consists of an optional scheme, `nats://`, `tls://`, `ws://` or `wss://`; an optional `user:password@` or `token@`,
/// percent-encoded; a host name, an IPv4 address or an IPv6 address in brackets; an optional port (by default 4222 for `nats` and
/// `tls`, 80 for `ws`, 443 for `wss`); and, for WebSockets only, an optional path and query.
public struct NATSServerAddress: Sendable, Hashable, CustomStringConvertible {
  /// The transport of the connection.
  public enum Scheme: String, Sendable, Hashable, CaseIterable {
    /// TCP, with TLS if the server or the configuration requires it.
    case nats
    /// TCP, always with TLS.
    case tls
    /// WebSocket without TLS.
    case ws
    /// WebSocket over TLS.
    case wss

    /// Whether the transport is a WebSocket.
    public var isWebSocket: Bool { self == .ws || self == .wss }

    /// The port of URLs without one.
    public var defaultPort: Int {
      switch self {
      case .nats, .tls: 4222
      case .ws: 80
      case .wss: 443
      }
    }
  }

  /// The maximum length of a URL in bytes.
  public static let maximumLength = 4096

  /// The transport of the connection.
  public let scheme: Scheme

  /// The host name or IP address; an IPv6 address has no brackets.
  public let host: String

  /// The port, 1 to 65535.
  public let port: Int

  /// The path and query of a WebSocket URL, by default `/`; empty for the other schemes.
  public let path: String

  /// The user of `user:password@`, percent-decoded.
  public let user: String?

  /// The password of `user:password@`, percent-decoded.
  public let password: String?

  /// The token of `token@`, percent-decoded.
  public let token: String?

  /// The names of which the server's certificate has to contain one; empty stands for ``host``. For a discovered server they are
  /// configured names (see ``discovered(_:certificateNames:)``), never the announced one.
  public let certificateNames: [String]

  /// Parses a server URL.
  ///
  /// - Parameters:
  ///   - string: the URL; surrounding blanks are ignored.
  ///   - defaultScheme: the scheme of a URL without one.
  /// - Throws: `NATSError` with code `invalidURL`. The message never contains the credentials.
  public init(_ string: String, defaultScheme: Scheme = .nats) throws(NATSError) {
    let parser = try URLParts(string, kind: "server URL")
    var scheme = defaultScheme
    if let name = parser.scheme {
      guard let known = Scheme(rawValue: name) else {
        throw parser.invalid(
          parser.shownScheme.map { "unknown scheme '\($0)', use nats, tls, ws or wss" }
            ?? "its scheme is invalid, use nats, tls, ws or wss")
      }
      scheme = known
    }
    let authority = try parser.authority(defaultPort: scheme.defaultPort)
    var path = parser.path
    if scheme.isWebSocket {
      if path.utf8.first != UInt8(ascii: "/") { path = "/" + path }
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
    self.certificateNames = []
  }

  private init(_ other: NATSServerAddress, host: String, port: Int, certificateNames: [String]) {
    scheme = other.scheme
    self.host = host
    self.port = port
    path = other.path
    user = other.user
    password = other.password
    token = other.token
    self.certificateNames = certificateNames
  }

  /// Parses server URLs separated by commas. Empty items are skipped.
  ///
  /// - Parameters:
  ///   - commaSeparated: the URLs.
  ///   - defaultScheme: the scheme of URLs without one.
  /// - Throws: `NATSError` with code `invalidURL` if a URL is invalid, there is none, or WebSocket URLs are mixed with others,
  ///   because the servers of a cluster announce each other with addresses of one kind.
  public static func list(
    _ commaSeparated: String, defaultScheme: Scheme = .nats
  ) throws(NATSError) -> [NATSServerAddress] {
    var addresses: [NATSServerAddress] = []
    for item in commaSeparated.utf8.split(separator: UInt8(ascii: ",")) {
      if item.allSatisfy({ URLParts.isBlank($0) }) { continue }
      addresses.append(try NATSServerAddress(String(Substring(item)), defaultScheme: defaultScheme))
    }
    guard let first = addresses.first else {
      throw NATSError(.invalidURL, "no server URL given, expected something like nats://host:4222")
    }
    if let other = addresses.first(where: { $0.scheme.isWebSocket != first.scheme.isWebSocket }) {
      throw NATSError(
        .invalidURL,
        "\(first) and \(other) cannot be combined: use either WebSocket URLs or nats and tls URLs")
    }
    return addresses
  }

  /// Returns the address of another server of the cluster, announced by this server in `connect_urls`.
  ///
  /// It has the same scheme and credentials. Its certificate has to contain one of `certificateNames`, because an announced name
  /// is not trusted.
  ///
  /// - Parameters:
  ///   - hostAndPort: `host:port` as in INFO; a scheme is accepted and ignored.
  ///   - certificateNames: the accepted names; nil for those of this server.
  /// - Throws: `NATSError` with code `invalidURL`.
  public func discovered(
    _ hostAndPort: String, certificateNames: [String]? = nil
  ) throws(NATSError) -> NATSServerAddress {
    let parser = try URLParts(hostAndPort, kind: "discovered server")
    let authority = try parser.authority(defaultPort: scheme.defaultPort)
    guard !authority.host.utf8.contains(UInt8(ascii: "%")) else {
      throw parser.invalid("an announced address must not have a zone")
    }
    let ownNames = self.certificateNames.isEmpty ? [host] : self.certificateNames
    return NATSServerAddress(
      self, host: authority.host, port: authority.port, certificateNames: certificateNames ?? ownNames)
  }

  /// Whether the server is on the local host: `localhost` and its subdomains, `127.0.0.0/8`, `::1`.
  public var isLoopback: Bool {
    if let bytes = IPAddress.bytes(host) {
      if bytes.count == 4 { return bytes[0] == 127 }
      let mapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
      if mapped { return bytes[12] == 127 }
      return bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
    }
    let name = Array(Self.bareName(host).asciiLowercased.utf8)
    return name.elementsEqual("localhost".utf8) || name.suffix(10).elementsEqual(".localhost".utf8)
  }

  /// `host:port` as in a URL, with an IPv6 address in brackets.
  public var hostAndPort: String { "\(urlHost):\(port)" }

  /// The host as in a URL: an IPv6 address in brackets, with its zone after `%25` (RFC 6874).
  private var urlHost: String {
    guard host.utf8.contains(UInt8(ascii: ":")) else { return host }
    guard let zone = host.utf8.firstIndex(of: UInt8(ascii: "%")) else { return "[\(host)]" }
    return "[\(host[..<zone])%25\(host[host.utf8.index(after: zone)...])]"
  }

  /// The host for certificates, SNI and the HTTP `Host` header: without the trailing dot of an absolute DNS name, and without the
  /// zone of a link-local address.
  package var hostName: String { Self.bareName(host) }

  /// Removes the trailing dot of an absolute DNS name, or the zone of an address.
  package static func bareName(_ host: String) -> String {
    if IPAddress.isLiteral(host) { return String(Substring(host.utf8.prefix { $0 != UInt8(ascii: "%") })) }
    return host.utf8.last == UInt8(ascii: ".") ? String(Substring(host.utf8.dropLast())) : host
  }

  /// The value of the HTTP `Host` header.
  package var httpHost: String {
    let name = hostName
    let host = name.utf8.contains(UInt8(ascii: ":")) ? "[\(name)]" : name
    return port == scheme.defaultPort ? host : "\(host):\(port)"
  }

  /// The URL without credentials and query, for logs.
  public var description: String {
    let path = Substring(path.utf8.prefix { $0 != UInt8(ascii: "?") })
    return "\(scheme.rawValue)://\(hostAndPort)\(path.utf8.elementsEqual("/".utf8) ? "" : String(path))"
  }
}
