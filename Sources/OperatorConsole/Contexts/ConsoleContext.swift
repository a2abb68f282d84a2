import NATS

/// One platform, and who the operator is there.
struct ConsoleContext: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The NATS server, or several separated by commas.
  var url: String
  /// The operator's name.
  var operatorName: String
  /// The operator's token: a secret.
  var token: String
  /// The certificates of a private authority.
  var caFile: String?
  /// TLS before the server's INFO, for servers with `handshake_first`; nil: no.
  var tlsFirst: Bool?
  /// Further names that a server's certificate may carry.
  var serverNames: [String]?
  /// Whether servers that this one announces are used, too; nil: yes.
  var discover: Bool?

  enum CodingKeys: String, CodingKey {
    case url, token
    case operatorName = "operator"
    case caFile = "ca_file"
    case tlsFirst = "tls_first"
    case serverNames = "server_names"
    case discover
  }

  /// How connections to it are encrypted.
  var tls: NATSTLSConfiguration {
    NATSTLSConfiguration(
      mode: tlsFirst == true ? .first : .ifRequired, caFile: caFile, serverNames: serverNames ?? [],
      caFileSetting: "ca_file of the context (plsctl context add --ca-file)")
  }

  /// Without the token.
  var description: String { "\(operatorName) at \(url)" }
}
