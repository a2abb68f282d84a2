import Locks
import Logging
import NIOCore

extension NATSClient {
  /// The subjects of the subscriptions that the server refuses.
  public var refusedSubjects: [String] {
    subscriptions.withLock { $0.refusedSubjects(repliesSubject: repliesSubject) }
  }

  /// The subject of the subscription that receives all replies.
  var repliesSubject: String { "\(repliesPrefix).*" }

  /// Retries the refused subscriptions now, without waiting for the next scheduled attempt.
  public func retryRefusedSubscriptions() async {
    let (connectionID, retried, outcome) = subscriptions.withLock {
      table -> (UInt64?, [UInt64], OutboundQueue.Outcome) in
      guard let connectionID = outbound.withLock({ $0.connectionID }) else { return (nil, [], .notConnected) }
      let (bytes, sids) = table.retryRefused(repliesSubject: repliesSubject)
      guard !sids.isEmpty else { return (nil, [], .accepted) }
      guard !bytes.isEmpty else { return (connectionID, sids, .accepted) }
      return (connectionID, sids, outbound.withLock { $0.control { $0 += bytes } })
    }
    if case .acceptedNeedsFlush = outcome { wakeLoop() }
    guard let connectionID else { return }
    do throws(NATSError) {
      // A refusal comes before the PONG.
      try await flush(on: connectionID)
    } catch {
      logger.debug("subscribing again failed", metadata: ["error": "\(error.message)"])
      subscriptions.withLock { $0.retryUnanswered(retried) }
      return
    }
    for subscription in subscriptions.withLock({ $0.accepted(retried) }) {
      subscription?.restored()
      hub.send(.subscriptionRestored(subject: subscription?.subject ?? repliesSubject))
    }
  }

  /// Retries refused subscriptions until the server accepts them or the connection is lost. Permissions can be restored while a
  /// connection is established.
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

  /// The retry policy. Half of the delay is random, so that clients whose permissions changed together do not retry in step.
  private static let resubscribePolicy = ReconnectBackoff(
    NATSReconnectPolicy(initialDelay: .seconds(1), maxDelay: .seconds(15)))

  /// Records the refused subscriptions. Called on the event loop.
  func refuse(_ violation: PermissionsViolation, error: NATSError) {
    let refused = subscriptions.withLock { $0.refuse(violation, repliesSubject: repliesSubject) }
    guard !refused.isEmpty else { return }
    refusals.signal.yield()
    guard refused.contains(SubscriptionTable.repliesSID) else { return }
    // No reply can arrive, so requests fail now instead of at their deadline.
    for waiter in waiters.withLock({ $0.removeReplies() }) {
      waiter.continuation.resume(returning: .failure(error))
    }
  }
}
