import NIOCore

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
