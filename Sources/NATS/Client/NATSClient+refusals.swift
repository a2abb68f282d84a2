import Locks
import Logging
import NIOCore

extension NATSClient {
  /// The subjects that the server refuses to deliver: their subscriptions wait to be accepted again.
  public var refusedSubjects: [String] {
    subscriptions.withLock { $0.refusedSubjects(repliesSubject: repliesSubject) }
  }

  /// The subject of the one subscription that all replies come through.
  var repliesSubject: String { "\(repliesPrefix).*" }

  /// Asks the server at once for the subscriptions that it refused, without waiting for the next regular attempt.
  public func retryRefusedSubscriptions() async {
    let (connectionID, asked, outcome) = subscriptions.withLock {
      table -> (UInt64?, [UInt64], OutboundQueue.Outcome) in
      guard let connectionID = outbound.withLock({ $0.connectionID }) else { return (nil, [], .notConnected) }
      let (bytes, sids) = table.askAgain(repliesSubject: repliesSubject)
      guard !sids.isEmpty else { return (nil, [], .accepted) }
      guard bytes.readableBytes > 0 else { return (connectionID, sids, .accepted) }
      return (connectionID, sids, outbound.withLock { $0.control { $0.writeImmutableBuffer(bytes) } })
    }
    if case .acceptedNeedsFlush = outcome { wakeLoop() }
    guard let connectionID else { return }
    do throws(NATSError) {
      // A refusal comes before the PONG.
      try await flush(on: connectionID)
    } catch {
      logger.debug("subscribing again failed", metadata: ["error": "\(error.message)"])
      subscriptions.withLock { $0.answerMissed(asked) }
      return
    }
    for subscription in subscriptions.withLock({ $0.accepted(asked) }) {
      subscription?.restored()
      hub.send(.subscriptionRestored(subject: subscription?.subject ?? repliesSubject))
    }
  }

  /// Subscribes again to what the server refuses, until it accepts it or the connection ends: permissions may be given back
  /// while the connection stands.
  func resubscribeRefused() async {
    for await _ in refusals.stream {
      var attempts = 0
      while !Task.isCancelled, subscriptions.withLock({ !$0.refused.isEmpty }) {
        attempts += 1
        do {
          try await Task.sleep(
            for: Self.resubscribePolicy.delay(failures: attempts, fraction: .random(in: 0.5..<1)))
        } catch {
          return
        }
        await retryRefusedSubscriptions()
      }
    }
  }

  /// Half of the pause is random, so that a fleet whose permissions changed at once does not ask in step.
  private static let resubscribePolicy = ReconnectBackoff(
    NATSReconnectPolicy(initialDelay: .seconds(1), maxDelay: .seconds(15)))

  /// Records what the server refused; on the event loop.
  func refuse(_ violation: PermissionsViolation, error: NATSError) {
    let refused = subscriptions.withLock { $0.refuse(violation, repliesSubject: repliesSubject) }
    guard !refused.isEmpty else { return }
    refusals.signal.yield()
    guard refused.contains(SubscriptionTable.repliesSID) else { return }
    // No reply can arrive: a request fails now and not by its deadline.
    for waiter in waiters.withLock({ $0.removeReplies() }) {
      waiter.continuation.resume(returning: .failure(error))
    }
  }
}
