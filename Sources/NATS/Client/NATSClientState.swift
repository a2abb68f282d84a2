import NIOCore

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

/// The state of a client over its life. Accessed under a lock.
struct Lifecycle {
  var state: NATSClientState = .connecting
  var lastConnectionID: UInt64 = 0
  var isRunning = false

  /// Changes the state. A draining client can only be closed, and a closed client stays closed.
  mutating func move(to new: NATSClientState) {
    switch (state, new) {
    case (.closed, _): break
    case (.draining, .closed): state = new
    case (.draining, _): break
    default: state = new
    }
  }
}

/// State that is confined to the event loop.
final class LoopState {
  /// The connection in use.
  var current: ConnectionHandler?
  /// The subscription of the last messages, cached because the next messages are most often for the same one.
  var last: NATSSubscription?
  /// Subscriptions that received messages in the current read.
  var touched: [NATSSubscription] = []
  var waiterTimer: Scheduled<Void>?
}
