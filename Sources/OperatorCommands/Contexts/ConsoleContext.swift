import NATS

/// The connection settings of one platform.
struct ConsoleContext: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The URLs of the NATS servers, separated by commas.
  var url: String
  var operatorName: String
  /// The operator's token. Secret.
  var token: String
  /// The path of the private authority's certificates.
  var caFile: String?
  /// Whether the TLS handshake precedes the server's INFO (`handshake_first`); nil means no.
  var tlsFirst: Bool?
  /// Additional names that are accepted in a server's certificate.
  var serverNames: [String]?
  /// Whether servers announced in INFO are used; nil means yes.
  var discover: Bool?

  enum CodingKeys: String, CodingKey {
    case url, token
    case operatorName = "operator"
    case caFile = "ca_file"
    case tlsFirst = "tls_first"
    case serverNames = "server_names"
    case discover
  }

  /// The TLS configuration of connections.
  var tls: NATSTLSConfiguration {
    NATSTLSConfiguration(
      mode: tlsFirst == true ? .first : .ifRequired, caFile: caFile, serverNames: serverNames ?? [],
      caFileSetting: "ca_file of the context (plsctl context add --ca-file)")
  }

  /// Operator and URL, without the token.
  var description: String { "\(operatorName) at \(url)" }
}
