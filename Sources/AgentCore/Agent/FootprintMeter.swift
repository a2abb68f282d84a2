import AgentProtocol
import HostMetrics
import JSON
import Locks
import Logging
import NATS

/// Measures what the agent itself uses.
final class FootprintMeter: Sendable {
  fileprivate struct Look {
    var time: ContinuousClock.Instant
    var usage: SelfUsage
  }

  private let client: NATSClient
  private let losses: LossCounter
  private let logger: Logger
  private let last: Locked<Look>

  init(client: NATSClient, losses: LossCounter, logger: Logger) {
    self.client = client
    self.losses = losses
    self.logger = logger
    last = Locked(Look(time: .now, usage: SelfUsage(residentBytes: 0, cpuNanoseconds: 0)))
  }

  /// The usage now; processor time since the last look.
  func read() -> AgentFootprint {
    var percent = 0.0
    var residentBytes: UInt64 = 0
    do {
      let now = Look(time: .now, usage: try SelfUsage.current())
      residentBytes = now.usage.residentBytes
      percent = last.withLock { last in
        defer { last = now }
        return now.percentOfProcessor(since: last)
      }
    } catch {
      logger.debug("own usage unknown", metadata: ["reason": "\(error)"])
    }
    return AgentFootprint(
      residentBytes: residentBytes, cpuPercent: (percent * 100).rounded() / 100,
      reconnects: client.statistics.reconnects, droppedEvents: losses.value)
  }
}

extension FootprintMeter.Look {
  fileprivate func percentOfProcessor(since last: Self) -> Double {
    let elapsed = (time - last.time) / .nanoseconds(1)
    guard elapsed > 0, usage.cpuNanoseconds > last.usage.cpuNanoseconds else { return 0 }
    return Double(usage.cpuNanoseconds - last.usage.cpuNanoseconds) / elapsed * 100
  }
}
