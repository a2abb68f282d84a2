/// The state of a client.
public enum NATSClientState: Sendable, Hashable {
  /// No connection has been established yet.
  case connecting
  /// A connection is established. `connectionID` counts the connections from 1.
  case connected(connectionID: UInt64, server: NATSServerAddress, serverInfo: NATSServerInfo)
  /// The connection was lost, and the client is connecting again.
  case reconnecting
  /// Subscriptions are ending, and their remaining messages are processed.
  case draining
  /// The client is closed for good.
  case closed

  /// The ID of the connection, or nil without one.
  public var connectionID: UInt64? {
    if case .connected(let connectionID, _, _) = self { connectionID } else { nil }
  }
}
