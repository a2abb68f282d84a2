/// When and how a connection to a server is encrypted.
///
/// The files are read anew for every connection, so a renewed certificate is used from the next connect on. A
/// server's certificate is always checked: its chain, its validity and its name.
public struct NATSTLSConfiguration: Sendable, Hashable {
  /// When TLS is used with a `nats://` server.
  public enum Mode: String, Sendable, Hashable {
    /// When the server demands it.
    case ifRequired
    /// Always; an error when the server does not offer it. `tls://` means the same.
    case required
    /// Always, before the server says anything: for servers with `handshake_first`.
    case first
  }

  /// When TLS is used.
  public var mode: Mode

  /// A PEM file with the certificates of the authorities to trust instead of the system's.
  public var caFile: String?

  /// The name of the setting that ``caFile`` comes from, for error messages; nil mentions none.
  public var caFileSetting: String?

  /// A PEM file with the certificate of this client and those that lead from it to the server's authority.
  public var certificateFile: String?

  /// A PEM file with the private key of ``certificateFile``.
  public var keyFile: String?

  /// The name or IP address that the server's certificate has to carry; that of the server's URL when nil.
  public var serverName: String?

  /// Further names or IP addresses, any of which the certificate of a server, configured or discovered, may carry.
  public var serverNames: [String]

  /// Whether a text can stand in ``serverNames``: a host name or an IP address, without wildcards.
  public static func isServerName(_ text: String) -> Bool {
    IPAddress.isLiteral(text) || (text.utf8.count <= 253 && URLParts.isHostName(text))
  }

  /// Creates a configuration; nothing is read before a connection is made.
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
