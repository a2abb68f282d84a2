import AgentProtocol
import Loopback
import Synchronization

/// All simulated agents.
final class Fleet: Sendable {
  let agents: [SimulatedAgent]
  let counters: FleetCounters
  /// The interval in which each agent publishes once.
  private let interval = Mutex(Duration.seconds(30))

  /// Agents with these tokens, by their uuids.
  init(_ tokens: [(uuid: AgentUUID, token: String)], url: String) throws {
    let counters = FleetCounters()
    self.counters = counters
    agents = try tokens.map { try SimulatedAgent($0.uuid, token: $0.token, url: url, counters: counters) }
  }

  func beat(every interval: Duration) { self.interval.withLock { $0 = interval } }

  /// Starts all agents at once; they publish one after the other, evenly over the interval.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      for agent in agents { group.addTask { await agent.run() } }
      await beat()
      group.cancelAll()
    }
  }

  private func beat() async {
    var next = 0
    var due = 0.0
    var last = ContinuousClock.now
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: .milliseconds(10))
      } catch {
        return
      }
      let now = ContinuousClock.now
      due += Double(agents.count) * ((now - last) / interval.withLock { $0 })
      last = now
      // Missed intervals are skipped, not repeated later.
      due = min(due, Double(agents.count))
      while due >= 1 {
        agents[next].beat()
        next = (next + 1) % agents.count
        due -= 1
      }
    }
  }

  /// Waits until all agents are connected.
  ///
  /// - Returns: The duration.
  func connected(since start: ContinuousClock.Instant, within limit: Duration) async throws -> Duration {
    while counters.now.connected < agents.count {
      guard ContinuousClock.now - start < limit else {
        throw BenchmarkFailure(
          "\(counters.now.connected) of \(agents.count) agents are connected after \(limit): \(counters.now.failures)"
        )
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    return ContinuousClock.now - start
  }
}
