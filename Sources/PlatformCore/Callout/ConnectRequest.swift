public import NKeys

/// What a connection shows to be let in. Prints no secret.
public struct ConnectRequest: Sendable, CustomStringConvertible, CustomReflectable {
  /// The user name that it claims.
  public var user: String
  /// Its token.
  public var token: String
  /// What it calls itself.
  public var connectionName: String
  /// The address that it comes from.
  public var address: String
  /// `Client` or `Leafnode`.
  public var kind: String
  /// `nats`, `websocket` or `mqtt`.
  public var type: String

  /// An connect.
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

  /// The connect that a server asks about.
  public init(_ request: AuthorizationRequest) {
    self.init(
      user: request.options.user ?? "", token: request.options.pass ?? "",
      connectionName: request.options.name ?? request.client.name ?? "", address: request.client.host ?? "",
      kind: request.client.kind ?? "", type: request.client.type ?? "")
  }

  /// All but the token.
  public var description: String { "\(user.debugDescription) from \(address)" }

  /// All but the token.
  public var customMirror: Mirror {
    Mirror(self, children: ["user": user, "connectionName": connectionName, "address": address])
  }
}
