import DequeModule

/// Orders calls while the number of pending ones is bounded. No I/O.
///
/// Listing all services takes thousands of calls. Those of such a batch are sent after all others and never fill the window, so
/// that a single call does not wait for a batch.
struct CallQueue<Call> {
  /// The most pending calls: dbus-daemon rejects more than 128 (`max_replies_per_connection`).
  static var window: Int { 96 }
  /// The number of pending calls from which on no call of a large batch is sent.
  static var bulkWindow: Int { 64 }
  /// The most calls of a batch that is not treated as a large one.
  static var largestPromptBatch: Int { 16 }

  private var prompt: Deque<(id: UInt64, call: Call)> = []
  private var bulk: Deque<(id: UInt64, call: Call)> = []

  /// Adds a call.
  ///
  /// - Parameter isBulk: Whether it belongs to a large batch.
  mutating func append(_ call: Call, id: UInt64, isBulk: Bool) {
    if isBulk { bulk.append((id, call)) } else { prompt.append((id, call)) }
  }

  /// Removes and returns the call to send next; nil when none may be sent.
  ///
  /// - Parameter pending: The number of calls without a reply.
  mutating func next(pending: Int) -> Call? {
    if pending < Self.window, let next = prompt.popFirst() { return next.call }
    if pending < Self.bulkWindow, let next = bulk.popFirst() { return next.call }
    return nil
  }

  /// Removes a call that was not sent.
  mutating func remove(_ id: UInt64) -> Call? {
    if let index = prompt.firstIndex(where: { $0.id == id }) { return prompt.remove(at: index).call }
    if let index = bulk.firstIndex(where: { $0.id == id }) { return bulk.remove(at: index).call }
    return nil
  }

  /// Removes and returns all calls, in the order in which they would have been sent.
  mutating func removeAll() -> [Call] {
    defer {
      prompt = []
      bulk = []
    }
    return (Array(prompt) + Array(bulk)).map(\.call)
  }
}
