import DequeModule

/// The order in which calls are sent while only so many may be without an answer: a pure value.
///
/// Calls of a large batch, as a list of all services makes thousands, are sent after all others and leave room in the window, so
/// that a single question never waits for a list.
struct CallQueue<Call> {
  /// The most calls without an answer: dbus-daemon refuses those beyond 128 (`max_replies_per_connection`).
  static var window: Int { 96 }
  /// The most calls without an answer at which another one of a large batch is sent.
  static var bulkWindow: Int { 64 }
  /// A batch of more calls is a large one.
  static var largestPromptBatch: Int { 16 }

  private var prompt: Deque<(id: UInt64, call: Call)> = []
  private var bulk: Deque<(id: UInt64, call: Call)> = []

  /// Adds a call.
  ///
  /// - Parameter isBulk: Whether it belongs to a large batch.
  mutating func append(_ call: Call, id: UInt64, isBulk: Bool) {
    if isBulk { bulk.append((id, call)) } else { prompt.append((id, call)) }
  }

  /// Takes the call out that is to be sent next; nil when none may be sent.
  ///
  /// - Parameter pending: The number of calls that have no answer yet.
  mutating func next(pending: Int) -> Call? {
    if pending < Self.window, let next = prompt.popFirst() { return next.call }
    if pending < Self.bulkWindow, let next = bulk.popFirst() { return next.call }
    return nil
  }

  /// Takes out a call that was not sent.
  mutating func remove(_ id: UInt64) -> Call? {
    if let index = prompt.firstIndex(where: { $0.id == id }) { return prompt.remove(at: index).call }
    if let index = bulk.firstIndex(where: { $0.id == id }) { return bulk.remove(at: index).call }
    return nil
  }

  /// Takes out all calls, in the order in which they were to be sent.
  mutating func removeAll() -> [Call] {
    defer {
      prompt = []
      bulk = []
    }
    return (Array(prompt) + Array(bulk)).map(\.call)
  }
}
