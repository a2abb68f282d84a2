import NIOCore

/// The calls that wait for a reply or a PONG. Each is resumed exactly once, because it is removed from the table first.
struct WaiterTable {
  typealias Continuation = CheckedContinuation<Result<NATSMessage?, NATSError>, Never>

  struct Waiter {
    var continuation: Continuation
    var deadline: NIODeadline
    /// The awaited answer, which selects the error at the deadline.
    var purpose: Purpose
  }

  enum Purpose {
    case reply(subject: String)
    case confirmation
  }

  private var waiters: [UInt64: Waiter] = [:]
  private var lastID: UInt64 = 0
  /// The deadline that the timer is set to.
  private(set) var armed: NIODeadline?
  private(set) var isClosed = false

  mutating func nextID() -> UInt64 {
    lastID &+= 1
    return lastID
  }

  /// Adds a waiter.
  ///
  /// - Returns: whether the timer has to be set to an earlier deadline.
  mutating func insert(_ id: UInt64, _ waiter: Waiter) -> Bool {
    waiters[id] = waiter
    if let armed, armed <= waiter.deadline { return false }
    armed = waiter.deadline
    return true
  }

  mutating func remove(_ id: UInt64) -> Waiter? {
    waiters.removeValue(forKey: id)
  }

  /// Removes the waiter of a reply. Its ID arrived over the network, so waiters of other kinds are ignored.
  mutating func removeReply(_ id: UInt64) -> Waiter? {
    guard case .reply = waiters[id]?.purpose else { return nil }
    return waiters.removeValue(forKey: id)
  }

  /// Removes all waiters of replies.
  mutating func removeReplies() -> [Waiter] {
    let replies = waiters.filter { if case .reply = $0.value.purpose { true } else { false } }
    for id in replies.keys { waiters.removeValue(forKey: id) }
    return Array(replies.values)
  }

  /// Removes the waiters whose deadline has passed.
  mutating func expire(now: NIODeadline) -> [(UInt64, Waiter)] {
    let expired = waiters.filter { $0.value.deadline <= now }
    for id in expired.keys { waiters.removeValue(forKey: id) }
    // Close deadlines share a timer.
    armed = waiters.values.map(\.deadline).min().map { max($0, now + .milliseconds(5)) }
    return expired.map { ($0.key, $0.value) }
  }

  mutating func close() -> [Waiter] {
    isClosed = true
    defer { waiters.removeAll() }
    return Array(waiters.values)
  }
}
