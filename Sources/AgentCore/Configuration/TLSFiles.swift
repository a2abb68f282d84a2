/// The section `nats.tls`: PEM files for the connection to the server.
struct TLSFiles: Sendable, Equatable {
  /// `nats.tls.ca_file`: the authorities to trust instead of the system's.
  var caFile: String?
  /// `nats.tls.cert_file`: the client certificate; comes with ``keyFile`` or not at all.
  var certFile: String?
  /// `nats.tls.key_file`: the client certificate's private key.
  var keyFile: String?
}
