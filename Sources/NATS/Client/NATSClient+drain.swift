import Locks

extension NATSClient {
  /// Drains the client and closes it.
  ///
  /// All subscriptions are unsubscribed, and messages in flight are still delivered. Readers process their remaining messages and
  /// may publish meanwhile. Then all publishes are flushed, and ``run()`` returns.
  ///
  /// - Parameter timeout: the maximum time for all steps together.
  /// - Throws: ``NATSError/Code/timeout`` if readers or the server took too long, and the errors of ``flush(on:timeout:)``. The
  ///   client is closed in any case.
  public func drain(timeout: Duration = .seconds(30)) async throws(NATSError) {
    let deadline = ContinuousClock.now + timeout
    let isFirst = lifecycle.withLock { lifecycle in
      if lifecycle.state == .closed || lifecycle.state == .draining { return false }
      lifecycle.move(to: .draining)
      return true
    }
    guard isFirst else { return }
    defer { close() }
    let (draining, outcome): ([NATSSubscription], OutboundQueue.Outcome) = subscriptions.withLock { table in
      table.refusal = NATSError(.draining, "the client is draining and accepts no more subscriptions")
      let all = table.subscriptions.values.sorted { $0.sid < $1.sid }
      let outcome = outbound.withLock { outbound in
        outbound.control { bytes in
          for subscription in all {
            ClientOperationEncoder.unsubscribe(sid: subscription.sid, max: nil, into: &bytes)
          }
        }
      }
      return (all, outcome)
    }
    if outcome == .acceptedNeedsFlush { wakeLoop() }
    var failure: NATSError?
    do throws(NATSError) {
      try await flush(timeout: deadline - .now)
    } catch {
      failure = error
    }
    subscriptions.withLock { table in
      for subscription in draining { table.remove(subscription.sid) }
    }
    for subscription in draining { subscription.finish() }
    for subscription in draining {
      let consumed = await subscription.waitUntilConsumed(until: deadline)
      if !consumed, failure == nil {
        failure = NATSError(
          .timeout, "the reader of \(subscription.subject) did not finish in time",
          subject: subscription.subject)
      }
    }
    outbound.withLock { $0.isDraining = true }
    do throws(NATSError) {
      try await flush(timeout: deadline - .now)
    } catch {
      failure = failure ?? error
    }
    if let failure { throw failure }
  }

  func drain(_ subscription: NATSSubscription, timeout: Duration) async throws(NATSError) {
    let outcome: OutboundQueue.Outcome? = subscriptions.withLock { table in
      guard table.subscriptions[subscription.sid] != nil else { return nil }
      return outbound.withLock { outbound in
        outbound.control { ClientOperationEncoder.unsubscribe(sid: subscription.sid, max: nil, into: &$0) }
      }
    }
    guard let outcome else { return }
    if outcome == .acceptedNeedsFlush { wakeLoop() }
    defer {
      subscriptions.withLock { _ = $0.remove(subscription.sid) }
      subscription.finish()
    }
    try await flush(timeout: timeout)
  }

  /// Closes the client: subscriptions end, pending calls throw ``NATSError/Code/connectionClosed``, and ``run()`` returns once
  /// the pending publishes are written, at most 1 s later.
  public func close() {
    lifecycle.withLock { $0.move(to: .closed) }
    closing.signal.finish()
    let (failed, resume) = outbound.withLock { $0.close() }
    for continuation in resume { continuation.resume() }
    let closed = NATSError(.connectionClosed, "the client is closed")
    for confirmation in failed { resumeWaiter(confirmation.waiter, .failure(closed)) }
    for waiter in waiters.withLock({ $0.close() }) {
      waiter.continuation.resume(returning: .failure(closed))
    }
    let ended = subscriptions.withLock { table in
      table.refusal = closed
      return table.removeAll()
    }
    for subscription in ended { subscription.finish() }
    let isRunning = lifecycle.withLock { $0.isRunning }
    if !isRunning {
      hub.send(.closed)
      hub.finish()
    }
  }
}
