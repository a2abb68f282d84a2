import DequeModule

/// The undelivered alerts, bounded in number and bytes. No I/O.
struct AlertQueue: Sendable {
  /// An encoded alert.
  struct Entry: Sendable, Equatable {
    /// The number of the alert, in ascending order.
    let number: UInt64
    /// The alert code, for the log.
    let code: String
    /// The encoded envelope.
    let message: [UInt8]
  }

  private var entries: Deque<Entry> = []
  private var bytes = 0
  private var lastNumber: UInt64 = 0
  private let maximumCount: Int
  private let maximumBytes: Int

  /// Creates a queue. Beyond either bound the oldest alerts are dropped.
  init(maximumCount: Int = 1_000, maximumBytes: Int = 1 << 20) {
    self.maximumCount = maximumCount
    self.maximumBytes = maximumBytes
  }

  /// The number of alerts.
  var count: Int { entries.count }

  /// The oldest alert.
  var first: Entry? { entries.first }

  /// The newest alert.
  var last: Entry? { entries.last }

  /// Appends an alert.
  ///
  /// - Returns: The number of old alerts that were dropped.
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

  /// Removes an alert, unless it was dropped.
  mutating func remove(_ number: UInt64) {
    guard let index = entries.firstIndex(where: { $0.number == number }) else { return }
    bytes -= entries.remove(at: index).message.count
  }
}
