/// An event of a client.
public enum NATSEvent: Sendable {
  /// A connection is in use: subscriptions and buffered publishes have been written to it. `connectionID` counts from 1.
  case connected(connectionID: UInt64, server: NATSServerAddress, serverInfo: NATSServerInfo)
  /// The connection was lost; without an error, the client closed it.
  case disconnected(NATSError?)
  /// An attempt to connect failed. `nextAttempt` is the delay until the next one, at another server if there is one.
  case connectFailed(server: NATSServerAddress, NATSError, nextAttempt: Duration)
  /// The server announced further servers.
  case serversDiscovered([NATSServerAddress])
  /// The server is about to shut down (lame duck mode). The client moves to another server if it knows one. Both connections
  /// are in use for a moment, so a message can be delivered twice.
  case lameDuck
  /// The server refused a publish or a subscription, or removed a subscription. The client retries refused subscriptions; each
  /// refusal is an event.
  case permissionsViolation(NATSError)
  /// The server accepted a subscription that it had refused or removed.
  case subscriptionRestored(subject: String)
  /// A subscription's reader is too slow, and `dropped` messages have been dropped so far. Reported once until the reader has
  /// caught up.
  case slowConsumer(subject: String, dropped: UInt64)
  /// The server reported another error.
  case serverError(String)
  /// The client is closed. The last event.
  case closed
}
