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

  enum CodingKeys: String, CodingKey {
    case url, token
    case operatorName = "operator"
    case caFile = "ca_file"
  }

  /// Without the token.
  var description: String { "\(operatorName) at \(url)" }
}
