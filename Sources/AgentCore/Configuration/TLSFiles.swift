/// The section `nats.tls`: PEM files for the connection to the server.
public struct TLSFiles: Sendable, Equatable {
  /// `nats.tls.ca_file`: the authorities to trust instead of the system's.
  public var caFile: String?
  /// `nats.tls.cert_file`: the client certificate; comes with ``keyFile`` or not at all.
  public var certFile: String?
  /// `nats.tls.key_file`: the client certificate's private key.
  public var keyFile: String?

  /// Files by their paths; `nil` = not used.
  public init(caFile: String? = nil, certFile: String? = nil, keyFile: String? = nil) {
    self.caFile = caFile
    self.certFile = certFile
    self.keyFile = keyFile
  }
}
