/// The section `nats.tls`: PEM files for the connection to the server, and how it is encrypted.
struct TLSFiles: Sendable, Equatable {
  /// `nats.tls.ca_file`: the authorities to trust instead of the system's.
  var caFile: String?
  /// `nats.tls.cert_file`: the client certificate; comes with ``keyFile`` or not at all.
  var certFile: String?
  /// `nats.tls.key_file`: the client certificate's private key.
  var keyFile: String?
  /// `nats.tls.first`: TLS before the server's INFO, for servers with `handshake_first`.
  var first = false
  /// `nats.tls.server_names`: further names that a server's certificate may carry.
  var serverNames: [String] = []
}
