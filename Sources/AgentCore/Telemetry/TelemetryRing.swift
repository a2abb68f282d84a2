import DequeModule

/// The snapshots that the server has not confirmed, bounded by age and size. No I/O.
///
/// The age limit is that of the stream: an outage loses no snapshot that the stream would still have.
struct TelemetryRing: Sendable {
  /// A snapshot in its envelope.
  struct Entry: Sendable, Equatable {
    /// A sequence number.
    let number: UInt64
    /// The encoded envelope.
    let message: [UInt8]
    let createdAt: ContinuousClock.Instant
    /// The connection that it was last sent on.
    var sentOn: UInt64?
  }

  private var entries: Deque<Entry> = []
  private var bytes = 0
  private var lastNumber: UInt64 = 0
  private let maximumAge: Duration
  private let maximumBytes: Int

  /// - Parameters:
  ///   - maximumAge: Older snapshots are dropped. The default is 15 minutes, the retention of the telemetry stream.
  ///   - maximumBytes: The maximum total size of the envelopes; the oldest are dropped first.
  init(maximumAge: Duration = .seconds(900), maximumBytes: Int = 4 << 20) {
    self.maximumAge = maximumAge
    self.maximumBytes = maximumBytes
  }

  var count: Int { entries.count }

  /// Appends a snapshot.
  ///
  /// - Returns: The number of old snapshots that were dropped.
  mutating func append(_ message: [UInt8], at now: ContinuousClock.Instant) -> Int {
    lastNumber += 1
    entries.append(Entry(number: lastNumber, message: message, createdAt: now))
    bytes += message.count
    var dropped = 0
    while entries.count > 1, let oldest = entries.first,
      bytes > maximumBytes || now - oldest.createdAt > maximumAge
    {
      entries.removeFirst()
      bytes -= oldest.message.count
      dropped += 1
    }
    return dropped
  }

  /// The snapshots that were not sent on a connection, oldest first.
  func unsent(on connection: UInt64) -> [Entry] {
    entries.filter { $0.sentOn != connection }
  }

  /// Records that a snapshot was sent on a connection.
  mutating func markSent(_ number: UInt64, on connection: UInt64) {
    guard let index = entries.firstIndex(where: { $0.number == number }) else { return }
    entries[index].sentOn = connection
  }

  /// Removes the snapshots up to a number that were sent on a connection and confirmed by the server.
  mutating func confirm(upTo number: UInt64, on connection: UInt64) {
    entries.removeAll { entry in
      guard entry.number <= number, entry.sentOn == connection else { return false }
      bytes -= entry.message.count
      return true
    }
  }

  /// Removes a snapshot that cannot be sent.
  mutating func discard(_ number: UInt64) {
    entries.removeAll { entry in
      guard entry.number == number else { return false }
      bytes -= entry.message.count
      return true
    }
  }
}
