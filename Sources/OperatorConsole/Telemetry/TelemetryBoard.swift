import JSON

/// The telemetry of the agents that are watched, by uuid.
struct TelemetryBoard: Sendable {
  /// The most agents; of others nothing is kept.
  static let capacity = 1000

  private var names: [String: String]
  private var histories: [String: TelemetryHistory] = [:]
  /// Samples that came.
  private(set) var count = 0
  /// Whether something came since the board was last drawn.
  private(set) var hasNews = true

  /// A board.
  ///
  /// - Parameters:
  ///   - names: host names, by uuid.
  ///   - expected: the agents that are shown before their first sample.
  init(names: [String: String], expected: [String] = []) {
    self.names = names
    for uuid in expected { histories[uuid] = TelemetryHistory(name: names[uuid] ?? uuid) }
  }

  /// Takes a sample.
  ///
  /// - Returns: the agent's history; nil when there are too many agents.
  mutating func add(_ payload: JSONValue, of uuid: String, at: Double) -> TelemetryHistory? {
    guard histories[uuid] != nil || histories.count < Self.capacity else { return nil }
    var history = histories[uuid] ?? TelemetryHistory(name: names[uuid] ?? uuid)
    history.add(payload, at: at)
    histories[uuid] = history
    count += 1
    hasNews = true
    return history
  }

  /// All, by name, and remembers that they were drawn.
  mutating func take() -> [TelemetryHistory] {
    hasNews = false
    return histories.sorted { ($0.value.name, $0.key) < ($1.value.name, $1.key) }.map(\.value)
  }
}
