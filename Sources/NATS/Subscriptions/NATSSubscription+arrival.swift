import DequeModule
import Locks
import NIOCore

extension NATSSubscription {
  /// The result of reading with a time limit.
  package enum Arrival: Sendable {
    /// A message.
    case message(NATSMessage)
    /// A new connection is in use. State that the peer kept for this subscription may be lost.
    case reconnected
    /// The time limit passed without a message.
    case late
    /// The subscription has ended, or the task was cancelled.
    case end
  }

  /// Waits for a message, the end of the subscription, a new connection, a cancellation or the deadline.
  fileprivate func wait(until deadline: NIODeadline, knowing connections: UInt64) async {
    guard let id = state.withLock({ $0.nextReaderID() }) else { return }
    let timer = client.eventLoop.scheduleTask(deadline: deadline) { [self] in
      state.withLock { $0.removeReader(id) }?.resume()
    }
    defer { timer.cancel() }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let waits = state.withLock { state in
          let isDue = Task.isCancelled || NIODeadline.now() >= deadline || state.connections != connections
          return state.await(id, continuation, isCancelled: isDue)
        }
        if !waits { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.removeReader(id) }?.resume()
    }
  }
}

extension NATSSubscription.AsyncIterator {
  /// Reads the next arrival within `limit`. Messages are returned before a reconnect, and both before the end.
  package mutating func next(within limit: Duration) async -> NATSSubscription.Arrival {
    let deadline = NIODeadline.now() + TimeAmount(limit)
    while true {
      if let message = batch.popFirst() { return .message(message) }
      switch subscription.state.withLock({ $0.take(into: &batch) }) {
      case .messages: continue
      case .end: return .end
      case .nothing: break
      }
      let now = subscription.state.withLock { $0.connections }
      if now != connections {
        connections = now
        return .reconnected
      }
      if Task.isCancelled { return .end }
      if NIODeadline.now() >= deadline { return .late }
      await subscription.wait(until: deadline, knowing: connections)
    }
  }
}
