import Locks
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
  /// The subscriptions that the server of this connection does not have, by what is done about each.
  private(set) var refused: [UInt64: Refusal] = [:]
  private var lastSID = Self.repliesSID

  /// The state of a subscription that the server refused or removed.
  enum Refusal {
    /// To be asked for again.
    case waiting
    /// A new connection was asked for it with the others, and has not confirmed it.
    case resubscribed
    /// Asked for again, and neither refused nor confirmed since.
    case asked
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

  /// All numbers in use, in the order of their making.
  var sids: [UInt64] {
    (hasReplies ? [Self.repliesSID] : []) + subscriptions.keys.sorted()
  }

  /// What tells a new connection of all of them.
  ///
  /// - Returns: the bytes, and the subscriptions that are complete already and have to end.
  mutating func resubscribe(repliesSubject: String) -> (bytes: ByteBuffer, complete: [NATSSubscription]) {
    var bytes = ByteBuffer()
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

  /// Marks the subscriptions that a violation is about.
  ///
  /// - Returns: their numbers.
  mutating func refuse(_ violation: PermissionsViolation, repliesSubject: String) -> [UInt64] {
    guard violation.action == .subscription else { return [] }
    var found: [UInt64] = []
    if let sid = violation.sid {
      if subscriptions[sid] != nil || (sid == Self.repliesSID && hasReplies) { found = [sid] }
    } else {
      let matching = subscriptions.filter { $0.value.subject == violation.subject }
      let exact = matching.filter { $0.value.queue == violation.queue }
      found = Array((exact.isEmpty ? matching : exact).keys)
      if hasReplies, violation.subject == repliesSubject { found.append(Self.repliesSID) }
    }
    for sid in found { refused[sid] = .waiting }
    return found
  }

  /// Encodes the refused subscriptions that nothing is under way for, and marks them as asked for.
  mutating func askAgain(repliesSubject: String) -> (bytes: ByteBuffer, sids: [UInt64]) {
    var bytes = ByteBuffer()
    let sids = refused.filter { $0.value != .asked }.keys.sorted()
    for sid in sids {
      // A second SUB would be ignored by the server, and its limit would count from the first one.
      let isKnown = refused[sid] == .resubscribed
      refused[sid] = .asked
      if isKnown { continue }
      if sid == Self.repliesSID {
        ClientOperationEncoder.subscribe(sid: sid, subject: repliesSubject, queue: nil, into: &bytes)
      } else if let subscription = subscriptions[sid] {
        let left = subscription.state.withLock { $0.askedAgain() }
        ClientOperationEncoder.subscribe(
          sid: sid, subject: subscription.subject, queue: subscription.queue, into: &bytes)
        if let left { ClientOperationEncoder.unsubscribe(sid: sid, max: left, into: &bytes) }
      }
    }
    return (bytes, sids)
  }

  /// Takes back ``askAgain(repliesSubject:)`` where no answer came.
  mutating func answerMissed(_ sids: [UInt64]) {
    for sid in sids where refused[sid] == .asked { refused[sid] = .waiting }
  }

  /// Removes the refusals that were not repeated before the PONG.
  ///
  /// - Returns: the subscriptions that the server has again; nil is that of the replies.
  mutating func accepted(_ sids: [UInt64]) -> [NATSSubscription?] {
    var restored: [NATSSubscription?] = []
    for sid in sids where refused[sid] == .asked {
      refused[sid] = nil
      restored.append(subscriptions[sid])
    }
    return restored
  }

  /// The subjects whose messages do not arrive, sorted.
  func refusedSubjects(repliesSubject: String) -> [String] {
    refused.keys.map { subscriptions[$0]?.subject ?? repliesSubject }.sorted()
  }
}
