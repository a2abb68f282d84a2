/// The section `nats.tls`: certificates and options of encrypted connections. All files are PEM.
struct TLSSettings: Sendable, Equatable {
  /// `nats.tls.ca_file`: the trusted authorities, in place of those of the system.
  var caFile: String?
  /// `nats.tls.cert_file`: the client certificate; requires ``keyFile``.
  var certFile: String?
  /// `nats.tls.key_file`: the private key of the client certificate; requires ``certFile``.
  var keyFile: String?
  /// `nats.tls.first`: whether the TLS handshake precedes INFO, for servers with `handshake_first`.
  var first = false
  /// `nats.tls.server_names`: additional names that the certificate of a server may have.
  var serverNames: [String] = []
}
