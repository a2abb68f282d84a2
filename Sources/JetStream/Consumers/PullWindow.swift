/// Counts the messages that were requested and not received.
struct PullWindow: Hashable {
  /// Maximum number of messages in flight.
  let size: Int
  private(set) var outstanding = 0

  init(size: Int) {
    self.size = max(size, 1)
  }

  /// Number of messages to request now; nil while enough are in flight.
  var wanted: Int? {
    outstanding <= size / 2 ? size - outstanding : nil
  }

  mutating func requested(_ count: Int) { outstanding += count }

  mutating func received() { outstanding = max(outstanding - 1, 0) }

  /// Records the end of a pull request. Without a number of undelivered messages it is assumed to be the only one.
  mutating func ended(undelivered: Int?) {
    guard let undelivered else { return outstanding = 0 }
    outstanding = max(outstanding - max(undelivered, 0), 0)
  }

  mutating func reset() { outstanding = 0 }
}
