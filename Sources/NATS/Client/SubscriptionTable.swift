import NIOCore

/// The subscriptions by their numbers, which are never used again.
struct SubscriptionTable {
  /// The number of the one subscription that all replies come through.
  static let repliesSID: UInt64 = 1

  private(set) var subscriptions: [UInt64: NATSSubscription] = [:]
  /// Whether replies have been subscribed to.
  var hasReplies = false
  /// No more subscriptions: the client drains or is closed.
  var refusal: NATSError?
  private var lastSID = Self.repliesSID

  mutating func nextSID() -> UInt64 {
    lastSID += 1
    return lastSID
  }

  mutating func insert(_ subscription: NATSSubscription) {
    subscriptions[subscription.sid] = subscription
  }

  @discardableResult
  mutating func remove(_ sid: UInt64) -> NATSSubscription? {
    subscriptions.removeValue(forKey: sid)
  }

  mutating func removeAll() -> [NATSSubscription] {
    defer { subscriptions.removeAll() }
    return Array(subscriptions.values)
  }

  /// All numbers in use, in the order of their making.
  var sids: [UInt64] {
    (hasReplies ? [Self.repliesSID] : []) + subscriptions.keys.sorted()
  }

  /// What tells a new connection of all of them.
  ///
  /// - Returns: the bytes, and the subscriptions that are complete already and have to end.
  func resubscribe(repliesSubject: String) -> (bytes: ByteBuffer, complete: [NATSSubscription]) {
    var bytes = ByteBuffer()
    var complete: [NATSSubscription] = []
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
}
