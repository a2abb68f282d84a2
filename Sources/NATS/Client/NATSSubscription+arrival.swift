import DequeModule
import Locks
import NIOCore

extension NATSSubscription {
  /// What a reader that does not wait for ever may see next.
  package enum Arrival: Sendable {
    /// A message.
    case message(NATSMessage)
    /// There is a new connection; what the other side knew of this subscription's wishes may be gone.
    case reconnected
    /// Nothing came in time.
    case late
    /// The subscription has ended, or the task was cancelled.
    case end
  }

  /// Waits for a message, the end, a new connection, a cancellation or the deadline.
  fileprivate func wait(until deadline: NIODeadline, knowing connections: UInt64) async {
    guard let id = state.withLock({ $0.nextReaderID() }) else { return }
    let timer = client.eventLoop.scheduleTask(deadline: deadline) { [self] in
      state.withLock { $0.forget(id) }?.resume()
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
      state.withLock { $0.forget(id) }?.resume()
    }
  }
}

extension NATSSubscription.AsyncIterator {
  /// What comes next within `limit`. Messages come before the news of a connection, and both before the end.
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
