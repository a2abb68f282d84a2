/// What a client is doing.
public enum NATSClientState: Sendable, Hashable {
  /// There has been no connection yet.
  case connecting
  /// There is a connection. `connectionID` counts the connections from 1.
  case connected(connectionID: UInt64, server: NATSServerAddress, serverInfo: NATSServerInfo)
  /// The connection was lost.
  case reconnecting
  /// Subscriptions end, and what they got is still answered.
  case draining
  /// It is over.
  case closed

  /// The number of the connection, if there is one.
  public var connectionID: UInt64? {
    if case .connected(let connectionID, _, _) = self { connectionID } else { nil }
  }
}
