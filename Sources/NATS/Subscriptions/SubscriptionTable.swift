import Encoding
import Locks

/// The subscriptions of a client by subscription ID (sid). IDs are not reused.
struct SubscriptionTable {
  /// The ID of the subscription that receives all replies.
  static let repliesSID: UInt64 = 1

  private(set) var subscriptions: [UInt64: NATSSubscription] = [:]
  /// Whether the subscription for replies has been made.
  var hasReplies = false
  /// The error that new subscriptions throw, once the client is draining or closed.
  var refusal: NATSError?
  /// The subscriptions that the server of this connection refuses, and the state of their retries.
  private(set) var refused: [UInt64: Refusal] = [:]
  private var lastSID = Self.repliesSID

  /// The state of a subscription that the server refused or removed.
  enum Refusal {
    /// To be retried.
    case pending
    /// Sent to a new connection with all other subscriptions, and not confirmed yet.
    case resubscribed
    /// Sent again, and neither refused nor confirmed yet.
    case retried
  }

  mutating func nextSID() -> UInt64 {
    lastSID += 1
    return lastSID
  }

  mutating func insert(_ subscription: NATSSubscription) {
    subscriptions[subscription.sid] = subscription
  }

  @discardableResult
  mutating func remove(_ sid: UInt64) -> NATSSubscription? {
    refused[sid] = nil
    return subscriptions.removeValue(forKey: sid)
  }

  mutating func removeAll() -> [NATSSubscription] {
    defer {
      subscriptions.removeAll()
      refused.removeAll()
    }
    return Array(subscriptions.values)
  }

  /// All IDs in use, in the order of their creation.
  var sids: [UInt64] {
    (hasReplies ? [Self.repliesSID] : []) + subscriptions.keys.sorted()
  }

  /// Encodes all subscriptions for a new connection.
  ///
  /// - Returns: the operations, and the subscriptions that have already received all their messages and have to end.
  mutating func resubscribe(repliesSubject: String) -> (bytes: [UInt8], complete: [NATSSubscription]) {
    var bytes: [UInt8] = []
    var complete: [NATSSubscription] = []
    for sid in refused.keys { refused[sid] = .resubscribed }
    if hasReplies {
      ClientOperationEncoder.subscribe(
        sid: Self.repliesSID, subject: repliesSubject, queue: nil, into: &bytes)
    }
    for (sid, subscription) in subscriptions.sorted(by: { $0.key < $1.key }) {
      let left = subscription.resubscribed()
      if left == 0 {
        complete.append(subscription)
        continue
      }
      ClientOperationEncoder.subscribe(
        sid: sid, subject: subscription.subject, queue: subscription.queue, into: &bytes)
      if let left { ClientOperationEncoder.unsubscribe(sid: sid, max: left, into: &bytes) }
    }
    return (bytes, complete)
  }

  // MARK: Refusals

  /// Marks the subscriptions that a permissions violation refers to.
  ///
  /// - Returns: their IDs.
  mutating func refuse(_ violation: PermissionsViolation, repliesSubject: String) -> [UInt64] {
    guard violation.action == .subscription else { return [] }
    var found: [UInt64] = []
    if let sid = violation.sid {
      if subscriptions[sid] != nil || (sid == Self.repliesSID && hasReplies) { found = [sid] }
    } else if let subject = violation.subject {
      let matching = subscriptions.filter { $0.value.subject.hasSameBytes(as: subject) }
      let exact = matching.filter {
        ($0.value.queue ?? "").hasSameBytes(as: violation.queue ?? "")
      }
      found = Array((exact.isEmpty ? matching : exact).keys)
      if hasReplies, subject.hasSameBytes(as: repliesSubject) { found.append(Self.repliesSID) }
    }
    for sid in found { refused[sid] = .pending }
    return found
  }

  /// Encodes the refused subscriptions that have to be retried, and marks them as retried.
  mutating func retryRefused(repliesSubject: String) -> (bytes: [UInt8], sids: [UInt64]) {
    var bytes: [UInt8] = []
    let sids = refused.filter { $0.value != .retried }.keys.sorted()
    for sid in sids {
      // A second SUB would be ignored by the server, and its limit would count from the first one.
      let isKnown = refused[sid] == .resubscribed
      refused[sid] = .retried
      if isKnown { continue }
      if sid == Self.repliesSID {
        ClientOperationEncoder.subscribe(sid: sid, subject: repliesSubject, queue: nil, into: &bytes)
      } else if let subscription = subscriptions[sid] {
        let left = subscription.state.withLock { $0.retried() }
        ClientOperationEncoder.subscribe(
          sid: sid, subject: subscription.subject, queue: subscription.queue, into: &bytes)
        if let left { ClientOperationEncoder.unsubscribe(sid: sid, max: left, into: &bytes) }
      }
    }
    return (bytes, sids)
  }

  /// Reverts ``retryRefused(repliesSubject:)`` for subscriptions whose retry was not answered.
  mutating func retryUnanswered(_ sids: [UInt64]) {
    for sid in sids where refused[sid] == .retried { refused[sid] = .pending }
  }

  /// Removes the refusals that were not repeated before the PONG.
  ///
  /// - Returns: the accepted subscriptions; nil stands for the subscription for replies.
  mutating func accepted(_ sids: [UInt64]) -> [NATSSubscription?] {
    var restored: [NATSSubscription?] = []
    for sid in sids where refused[sid] == .retried {
      refused[sid] = nil
      restored.append(subscriptions[sid])
    }
    return restored
  }

  /// The subjects of the refused subscriptions, sorted.
  func refusedSubjects(repliesSubject: String) -> [String] {
    refused.keys.map { subscriptions[$0]?.subject ?? repliesSubject }.sorted()
  }
}
