/// Something that happened to a client.
public enum NATSEvent: Sendable {
  /// A connection is in use: subscriptions and what waited to be sent were written before. `connectionID` counts from 1.
  case connected(connectionID: UInt64, server: NATSServerAddress, serverInfo: NATSServerInfo)
  /// The connection was lost, or closed by the client's own wish (no error).
  case disconnected(NATSError?)
  /// An attempt failed. The next one comes after the pause, at another server if there is one.
  case connectFailed(server: NATSServerAddress, NATSError, nextAttempt: Duration)
  /// The server told of others.
  case serversDiscovered([NATSServerAddress])
  /// The server is going to shut down; the client moves if it knows another one. For a moment both connections stand, so a
  /// message may come twice, once over each.
  case lameDuck
  /// The server refused a publish or a subscription, or removed a subscription. The client subscribes again until the
  /// server accepts it; each refusal is an event.
  case permissionsViolation(NATSError)
  /// The server accepted a subscription that it had refused or removed.
  case subscriptionRestored(subject: String)
  /// A subscription's reader is too slow: `dropped` messages so far. Told once until the reader has caught up.
  case slowConsumer(subject: String, dropped: UInt64)
  /// The server reported something else.
  case serverError(String)
  /// It is over; nothing follows.
  case closed
}
