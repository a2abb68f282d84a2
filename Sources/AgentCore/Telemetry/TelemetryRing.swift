import DequeModule

/// The snapshots that no server has confirmed yet: a pure value, bounded in age and in bytes.
///
/// A snapshot stays until it is confirmed, so an outage loses none that is younger than the stream keeps them anyway.
struct TelemetryRing: Sendable {
  /// A snapshot in its envelope.
  struct Entry: Sendable, Equatable {
    /// A number, rising with time.
    let number: UInt64
    /// The envelope.
    let message: [UInt8]
    let madeAt: ContinuousClock.Instant
    var sentOn: UInt64?
  }

  private var entries: Deque<Entry> = []
  private var bytes = 0
  private var lastNumber: UInt64 = 0
  private let maximumAge: Duration
  private let maximumBytes: Int

  /// A ring.
  ///
  /// - Parameters:
  ///   - maximumAge: What is older is dropped: 15 minutes, as long as the stream keeps telemetry.
  ///   - maximumBytes: What the envelopes may take together; beyond it the oldest go.
  init(maximumAge: Duration = .seconds(900), maximumBytes: Int = 4 << 20) {
    self.maximumAge = maximumAge
    self.maximumBytes = maximumBytes
  }

  /// How many snapshots wait to be confirmed.
  var count: Int { entries.count }

  /// Puts a snapshot at the end.
  ///
  /// - Returns: How many old ones were dropped for it.
  mutating func append(_ message: [UInt8], at now: ContinuousClock.Instant) -> Int {
    lastNumber += 1
    entries.append(Entry(number: lastNumber, message: message, madeAt: now))
    bytes += message.count
    var dropped = 0
    while entries.count > 1, let oldest = entries.first,
      bytes > maximumBytes || now - oldest.madeAt > maximumAge
    {
      entries.removeFirst()
      bytes -= oldest.message.count
      dropped += 1
    }
    return dropped
  }

  /// What has not been sent on a connection, the oldest first.
  func unsent(on connection: UInt64) -> [Entry] {
    entries.filter { $0.sentOn != connection }
  }

  /// A snapshot was sent on a connection.
  mutating func markSent(_ number: UInt64, on connection: UInt64) {
    guard let index = entries.firstIndex(where: { $0.number == number }) else { return }
    entries[index].sentOn = connection
  }

  /// A server has all snapshots up to this number that were sent on a connection.
  mutating func confirm(upTo number: UInt64, on connection: UInt64) {
    entries.removeAll { entry in
      guard entry.number <= number, entry.sentOn == connection else { return false }
      bytes -= entry.message.count
      return true
    }
  }

  /// Gives a snapshot up that can never be sent.
  mutating func discard(_ number: UInt64) {
    entries.removeAll { entry in
      guard entry.number == number else { return false }
      bytes -= entry.message.count
      return true
    }
  }
}
