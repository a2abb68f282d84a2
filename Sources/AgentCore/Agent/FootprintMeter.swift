import AgentProtocol
import HostMetrics
import NATS
import Synchronization

/// Measures what the agent itself uses.
final class FootprintMeter: Sendable {
  private struct Look {
    var time: ContinuousClock.Instant
    var processorSeconds: Double
  }

  private let client: NATSClient
  private let losses: LossCounter
  private let last: Mutex<Look>

  init(client: NATSClient, losses: LossCounter) {
    self.client = client
    self.losses = losses
    last = Mutex(Look(time: .now, processorSeconds: SelfUsage.current.cpuSeconds))
  }

  /// The usage now; processor time since the last look.
  func read() -> AgentFootprint {
    let usage = SelfUsage.current
    let now = ContinuousClock.now
    let percent = last.withLock { last in
      let elapsed = (now - last.time) / .seconds(1)
      let used = usage.cpuSeconds - last.processorSeconds
      last = Look(time: now, processorSeconds: usage.cpuSeconds)
      return elapsed > 0 ? max(0, used / elapsed * 100) : 0
    }
    return AgentFootprint(
      residentBytes: usage.residentBytes, cpuPercent: (percent * 100).rounded() / 100,
      reconnects: client.statistics.reconnects, droppedEvents: losses.value)
  }
}
