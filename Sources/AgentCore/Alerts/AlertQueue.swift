import DequeModule

/// The alerts that no server has confirmed yet: a pure value, bounded in number and in bytes.
struct AlertQueue: Sendable {
  /// An alert in its envelope.
  struct Entry: Sendable, Equatable {
    /// A number, rising with time.
    let number: UInt64
    /// What it is about, for the log: its code.
    let code: String
    /// The envelope.
    let message: [UInt8]
  }

  private var entries: Deque<Entry> = []
  private var bytes = 0
  private var lastNumber: UInt64 = 0
  private let maximumCount: Int
  private let maximumBytes: Int

  /// A queue. Beyond either bound the oldest go.
  init(maximumCount: Int = 1_000, maximumBytes: Int = 1 << 20) {
    self.maximumCount = maximumCount
    self.maximumBytes = maximumBytes
  }

  /// How many wait to be confirmed.
  var count: Int { entries.count }

  /// The oldest.
  var first: Entry? { entries.first }

  /// The newest.
  var last: Entry? { entries.last }

  /// Puts an alert at the end.
  ///
  /// - Returns: How many old ones were dropped for it.
  mutating func append(_ message: [UInt8], code: String) -> Int {
    lastNumber += 1
    entries.append(Entry(number: lastNumber, code: code, message: message))
    bytes += message.count
    var dropped = 0
    while entries.count > 1, entries.count > maximumCount || bytes > maximumBytes {
      bytes -= entries.removeFirst().message.count
      dropped += 1
    }
    return dropped
  }

  /// Takes an alert out, unless it was dropped before.
  mutating func remove(_ number: UInt64) {
    guard let index = entries.firstIndex(where: { $0.number == number }) else { return }
    bytes -= entries.remove(at: index).message.count
  }
}
