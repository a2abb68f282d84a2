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

  /// The names of which the server's certificate has to carry one; empty where that is ``host``. A discovered server
  /// is held to names that were configured (see ``discovered(_:certificateNames:)``), never to its own.
  public let certificateNames: [String]

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

  /// The address of another server of the cluster that this server announced in `connect_urls`.
  ///
  /// It is reached the same way and with the same credentials. Its certificate has to carry one of
  /// `certificateNames`: a name that only the announcement mentions proves nothing.
  ///
  /// - Parameters:
  ///   - hostAndPort: `host:port`, as in INFO; a scheme is accepted and ignored.
  ///   - certificateNames: the names accepted; nil: those of this server.
  /// - Throws: `NATSError` with code `invalidURL`.
  public func discovered(
    _ hostAndPort: String, certificateNames: [String]? = nil
  ) throws(NATSError) -> NATSServerAddress {
    let parser = try URLParts(hostAndPort, kind: "discovered server")
    let authority = try parser.authority(defaultPort: scheme.defaultPort)
    guard !authority.host.contains("%") else {
      throw parser.invalid("the zone of another machine's address means nothing here")
    }
    let ownNames = self.certificateNames.isEmpty ? [host] : self.certificateNames
    return NATSServerAddress(
      self, host: authority.host, port: authority.port, certificateNames: certificateNames ?? ownNames)
  }

  /// Whether the host is this machine itself: `localhost` and names below it, `127.0.0.0/8`, `::1`.
  public var isLoopback: Bool {
    if let bytes = IPAddress.bytes(host) {
      if bytes.count == 4 { return bytes[0] == 127 }
      let mapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
      if mapped { return bytes[12] == 127 }
      return bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
    }
    var name = host.lowercased()
    if name.hasSuffix(".") { name.removeLast() }
    return name == "localhost" || name.hasSuffix(".localhost")
  }

  /// `host:port` as in a URL, an IPv6 address in brackets.
  public var hostAndPort: String { "\(urlHost):\(port)" }

  /// The host as in a URL: an IPv6 address in brackets, its zone behind `%25` (RFC 6874).
  private var urlHost: String {
    guard host.utf8.contains(UInt8(ascii: ":")) else { return host }
    return "[\(host.split(separator: "%", maxSplits: 1).joined(separator: "%25"))]"
  }

  /// The host as the other side knows it, for certificates, SNI and the HTTP `Host` header: without the dot that ends an
  /// absolute DNS name, and without the zone of a link-local address.
  var hostName: String { Self.bareName(host) }

  /// A name without the dot that ends an absolute DNS name, or an address without its zone.
  static func bareName(_ host: String) -> String {
    if IPAddress.isLiteral(host) { return String(host.prefix { $0 != "%" }) }
    return host.hasSuffix(".") ? String(host.dropLast()) : host
  }

  /// The value of the HTTP `Host` header.
  var httpHost: String {
    let name = hostName
    let host = name.utf8.contains(UInt8(ascii: ":")) ? "[\(name)]" : name
    return port == scheme.defaultPort ? host : "\(host):\(port)"
  }

  /// The URL without credentials and query, for logs.
  public var description: String {
    let path = path.prefix { $0 != "?" }
    return "\(scheme.rawValue)://\(hostAndPort)\(path == "/" ? "" : path)"
  }
}
