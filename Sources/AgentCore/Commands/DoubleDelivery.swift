import DequeModule

/// Recognises a command that came twice because two connections stood for a moment, as they do when the client moves away
/// from a server that is about to stop. It must not have its effect twice; the one answer serves both.
struct DoubleDelivery {
  /// Far longer than both connections stand.
  private static let window = Duration.seconds(10)

  private struct Arrival {
    let id: String
    let time: ContinuousClock.Instant
  }

  private var connections: [String: UInt64] = [:]
  private var arrivals: Deque<Arrival> = []

  /// Notes a command.
  ///
  /// - Returns: Whether it came a moment ago over another connection.
  mutating func isRepeated(_ id: String, on connection: UInt64, at now: ContinuousClock.Instant = .now)
    -> Bool
  {
    while let oldest = arrivals.first, now - oldest.time > Self.window {
      arrivals.removeFirst()
      connections[oldest.id] = nil
    }
    guard !id.isEmpty else { return false }
    if let known = connections[id] { return known != connection }
    connections[id] = connection
    arrivals.append(Arrival(id: id, time: now))
    return false
  }
}
