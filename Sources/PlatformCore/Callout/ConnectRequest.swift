public import NKeys

/// The credentials and properties of a connecting client. Its descriptions contain no secret.
public struct ConnectRequest: Sendable, CustomStringConvertible, CustomReflectable {
  /// The user name.
  public var user: String
  /// The token, sent as the password.
  public var token: String
  /// The connection name.
  public var connectionName: String
  /// The address of the client.
  public var address: String
  /// `Client` or `Leafnode`.
  public var kind: String
  /// `nats`, `websocket` or `mqtt`.
  public var type: String

  /// Creates a request.
  public init(
    user: String, token: String, connectionName: String, address: String = "127.0.0.1",
    kind: String = "Client", type: String = "nats"
  ) {
    self.user = user
    self.token = token
    self.connectionName = connectionName
    self.address = address
    self.kind = kind
    self.type = type
  }

  /// Extracts the request from an authorization request.
  public init(_ request: AuthorizationRequest) {
    self.init(
      user: request.options.user ?? "", token: request.options.pass ?? "",
      connectionName: request.options.name ?? request.client.name ?? "", address: request.client.host ?? "",
      kind: request.client.kind ?? "", type: request.client.type ?? "")
  }

  /// The user name and address, without the token.
  public var description: String { "\(user.debugDescription) from \(address)" }

  /// The user name and address, without the token.
  public var customMirror: Mirror {
    Mirror(self, children: ["user": user, "connectionName": connectionName, "address": address])
  }
}
