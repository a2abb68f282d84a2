import NIOCore

/// What only the event loop touches.
final class LoopState {
  /// The connection in use.
  var current: ConnectionHandler?
  /// The subscription that the last messages were for: the next ones are most often for the same.
  var last: NATSSubscription?
  /// Subscriptions that got messages in the current read.
  var touched: [NATSSubscription] = []
  var waiterTimer: Scheduled<Void>?
}
