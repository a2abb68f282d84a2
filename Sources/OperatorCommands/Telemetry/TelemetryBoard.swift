import Encoding
import JSON

/// The telemetry of the watched agents, by uuid.
struct TelemetryBoard: Sendable {
  /// The maximum number of agents; samples of further agents are dropped.
  static let capacity = 1000

  private var names: [ExactString: String]
  private var histories: [ExactString: TelemetryHistory] = [:]
  /// The number of samples received.
  private(set) var count = 0
  /// Whether a sample was received since the last call of ``snapshot()``.
  private(set) var hasNewSamples = true

  /// Creates a board.
  ///
  /// - Parameters:
  ///   - names: Host names by uuid.
  ///   - expected: The agents that are shown before their first sample.
  init(names: [ExactString: String], expected: [String] = []) {
    self.names = names
    for uuid in expected {
      let key = ExactString(uuid)
      histories[key] = TelemetryHistory(name: names[key] ?? uuid)
    }
  }

  /// Adds a sample.
  ///
  /// - Returns: The agent's history; nil if ``capacity`` is exceeded.
  mutating func add(_ payload: JSONValue, of uuid: String, at: Double) -> TelemetryHistory? {
    let key = ExactString(uuid)
    guard histories[key] != nil || histories.count < Self.capacity else { return nil }
    var history = histories[key] ?? TelemetryHistory(name: names[key] ?? uuid)
    history.add(payload, at: at)
    histories[key] = history
    count += 1
    hasNewSamples = true
    return history
  }

  /// Returns all histories sorted by name and resets ``hasNewSamples``.
  mutating func snapshot() -> [TelemetryHistory] {
    hasNewSamples = false
    return histories.sorted { ($0.value.name, $0.key) < ($1.value.name, $1.key) }.map(\.value)
  }
}
