import Encoding
import Locks

extension NATSClient {
  /// Subscribes to a subject. Can be called before the client is connected.
  ///
  /// - Parameters:
  ///   - subject: the subject; `*` matches one token, and `>` at the end matches one or more.
  ///   - queue: the queue group whose members share the messages.
  ///   - maxPendingMessages: the number of pending messages above which new ones are dropped.
  ///   - maxPendingBytes: the number of pending bytes above which new messages are dropped.
  /// - Throws: ``NATSError/Code/invalidSubject``, ``NATSError/Code/draining``, ``NATSError/Code/connectionClosed``.
  public func subscribe(
    to subject: String, queue: String? = nil, maxPendingMessages: Int? = nil, maxPendingBytes: Int? = nil
  ) throws(NATSError) -> NATSSubscription {
    guard Subject.isSubscribable(subject) else {
      throw NATSError(
        .invalidSubject, "can't subscribe to \(subject.prefix(bytes: 200).debugDescription)",
        subject: subject)
    }
    if let queue, !Subject.isQueueGroup(queue) {
      throw NATSError(
        .invalidSubject, "invalid queue group name \(queue.prefix(bytes: 200).debugDescription)",
        subject: subject)
    }
    let (made, outcome): (Result<NATSSubscription, NATSError>, OutboundQueue.Outcome) =
      subscriptions.withLock { table in
        if let refusal = table.refusal { return (.failure(refusal), .closed) }
        let subscription = NATSSubscription(
          client: self, sid: table.nextSID(), subject: subject, queue: queue,
          maxMessages: maxPendingMessages ?? configuration.maxPendingMessages,
          maxBytes: maxPendingBytes ?? configuration.maxPendingBytes)
        table.insert(subscription)
        let outcome = outbound.withLock { outbound in
          outbound.control {
            ClientOperationEncoder.subscribe(sid: subscription.sid, subject: subject, queue: queue, into: &$0)
          }
        }
        return (.success(subscription), outcome)
      }
    let subscription = try made.get()
    if case .acceptedNeedsFlush = outcome { wakeLoop() }
    return subscription
  }

  /// Subscribes to a subject for the duration of `body`.
  ///
  /// - Throws: the errors of ``subscribe(to:queue:maxPendingMessages:maxPendingBytes:)`` and of `body`.
  public func withSubscription<R>(
    to subject: String, queue: String? = nil, _ body: (NATSSubscription) async throws -> R
  ) async throws -> R {
    let subscription = try subscribe(to: subject, queue: queue)
    defer { subscription.unsubscribe() }
    return try await body(subscription)
  }

  func unsubscribe(_ subscription: NATSSubscription, after count: Int?) {
    let outcome: OutboundQueue.Outcome = subscriptions.withLock { table in
      guard table.subscriptions[subscription.sid] != nil else { return .accepted }
      if let count, !subscription.state.withLock({ $0.setLimit(count) }) {
        return outbound.withLock { outbound in
          outbound.control {
            ClientOperationEncoder.unsubscribe(
              sid: subscription.sid, max: subscription.state.withLock { $0.limitOnThisConnection }, into: &$0)
          }
        }
      }
      table.remove(subscription.sid)
      subscription.state.withLock { $0.finish() }
      return outbound.withLock { outbound in
        outbound.control { ClientOperationEncoder.unsubscribe(sid: subscription.sid, max: nil, into: &$0) }
      }
    }
    if case .acceptedNeedsFlush = outcome { wakeLoop() }
    subscription.wake()
  }
}
