/// Decides whether something that one agent keeps causing is worth another line in the log: once within a period for each agent. A value
/// without clock and I/O.
struct AgentLogLimiter: Sendable {
  /// Agents that are remembered; when there are more, the periods of all begin anew.
  static let capacity = 4_096

  private let period: Double
  private var loggedAt: [String: Double] = [:]

  /// A limiter.
  ///
  /// - Parameter period: seconds between two lines about one agent.
  init(period: Double) {
    self.period = period
  }

  /// Whether to log now; `time` is in unix seconds.
  mutating func isDue(_ uuid: String, at time: Double) -> Bool {
    if let last = loggedAt[uuid], time - last < period { return false }
    if loggedAt.count >= Self.capacity, loggedAt[uuid] == nil { loggedAt.removeAll() }
    loggedAt[uuid] = time
    return true
  }
}
