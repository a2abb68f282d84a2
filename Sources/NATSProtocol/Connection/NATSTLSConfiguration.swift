/// The TLS settings of a client.
///
/// The files are read for every connection, so a renewed certificate takes effect with the next one. The chain, validity and name
/// of a server's certificate are always verified.
public struct NATSTLSConfiguration: Sendable, Hashable {
  /// When TLS is used with a `nats://` server.
  public enum Mode: String, Sendable, Hashable {
    /// If the server requires it.
    case ifRequired
    /// Always; an error if the server does not offer it. Equivalent to `tls://`.
    case required
    /// Always, before INFO: for servers with `handshake_first`.
    case first
  }

  /// When TLS is used.
  public var mode: Mode

  /// A PEM file with the certificates of the trusted authorities, which replace those of the system.
  public var caFile: String?

  /// The name of the setting of ``caFile`` for error messages, if any.
  public var caFileSetting: String?

  /// A PEM file with the certificate chain of this client.
  public var certificateFile: String?

  /// A PEM file with the private key of ``certificateFile``.
  public var keyFile: String?

  /// The name or IP address that the server's certificate has to contain; nil for the host of the server's URL.
  public var serverName: String?

  /// Further names or IP addresses that are accepted in the certificate of a configured or discovered server.
  public var serverNames: [String]

  /// Whether a text is valid in ``serverNames``: a host name or an IP address, without wildcards.
  public static func isServerName(_ text: String) -> Bool {
    // An address in a certificate has no zone.
    if text.utf8.contains(UInt8(ascii: "%")) { return false }
    return IPAddress.isLiteral(text) || (text.utf8.count <= 253 && URLParts.isHostName(text))
  }

  /// Creates a configuration. The files are not read before the first connect.
  public init(
    mode: Mode = .ifRequired, caFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil,
    serverName: String? = nil, serverNames: [String] = [], caFileSetting: String? = nil
  ) {
    self.mode = mode
    self.caFile = caFile
    self.certificateFile = certificateFile
    self.keyFile = keyFile
    self.serverName = serverName
    self.serverNames = serverNames
    self.caFileSetting = caFileSetting
  }
}

extension NATSTLSConfiguration {
  /// Whether these settings require TLS from every server. A CA file or a client certificate implies it.
  package var isRequired: Bool { mode != .ifRequired || caFile != nil || certificateFile != nil }

  /// Checks that the servers can satisfy the settings.
  ///
  /// - Throws: ``NATSError/Code/tlsRequired`` if the settings require TLS and a server has the scheme `ws`.
  public func validate(for servers: [NATSServerAddress]) throws(NATSError) {
    guard isRequired, let server = servers.first(where: { $0.scheme == .ws }) else { return }
    throw NATSError(
      .tlsRequired,
      "the TLS settings require TLS and \(server) does not use it: use wss:// or remove the settings"
    )
  }

  /// Returns the servers, other than the local host, that may be sent the credentials in clear text.
  public func serversWithoutRequiredTLS(_ servers: [NATSServerAddress]) -> [NATSServerAddress] {
    servers.filter {
      !EncryptionPolicy(server: $0, tls: self, hasUsedTLS: false).mustEncrypt && !$0.isLoopback
    }
  }

  /// Returns a warning if credentials may be sent over the network in clear text, otherwise nil.
  ///
  /// - Parameter secret: the name of the credentials, such as "the api key".
  public func clearTextWarning(for servers: [NATSServerAddress], secret: String) -> String? {
    let servers = serversWithoutRequiredTLS(servers)
    guard let first = servers.first else { return nil }
    let names = servers.prefix(3).map { $0.description }.joined(separator: ", ")
    let more = servers.count > 3 ? " and \(servers.count - 3) more" : ""
    let scheme = first.scheme.isWebSocket ? "wss://" : "tls://"
    return "\(secret) may be sent in clear text to \(names)\(more): use \(scheme)"
  }
}
