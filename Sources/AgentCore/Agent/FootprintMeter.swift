import AgentProtocol
import HostMetrics
import JSON
import LinuxMetrics
import Locks
import Logging
import NATS

/// Measures the resource usage of the agent itself.
///
/// CPU usage is averaged since the previous reading, so each reader needs a meter of its own.
final class FootprintMeter: Sendable {
  fileprivate struct Sample {
    var time: ContinuousClock.Instant
    var usage: SelfUsage
  }

  private let client: NATSClient
  private let losses: LossCounter
  private let logger: Logger
  private let last: Locked<Sample>

  init(client: NATSClient, losses: LossCounter, logger: Logger) {
    self.client = client
    self.losses = losses
    self.logger = logger
    last = Locked(Self.sample(logger))
  }

  /// The current usage. CPU usage is averaged since the previous call.
  func read() -> AgentFootprint {
    let now = Self.sample(logger)
    let percent = last.withLock { last in
      defer { last = now }
      return now.percentOfProcessor(since: last)
    }
    return AgentFootprint(
      residentBytes: now.usage.residentBytes, cpuPercent: (percent * 100).rounded() / 100,
      reconnects: client.statistics.reconnects, droppedEvents: losses.value,
      // The agent has only this subscription.
      commandsRefused: !client.refusedSubjects.isEmpty)
  }

  private static func sample(_ logger: Logger) -> Sample {
    do {
      return Sample(time: .now, usage: try SelfUsage.current())
    } catch {
      logger.debug("own resource usage unknown", metadata: ["reason": "\(error)"])
      return Sample(time: .now, usage: SelfUsage(residentBytes: 0, cpuNanoseconds: 0))
    }
  }
}

extension FootprintMeter.Sample {
  fileprivate func percentOfProcessor(since last: Self) -> Double {
    let elapsed = (time - last.time) / .nanoseconds(1)
    // Too short an interval for a meaningful average.
    guard elapsed > 10_000_000, usage.cpuNanoseconds > last.usage.cpuNanoseconds else { return 0 }
    return Double(usage.cpuNanoseconds - last.usage.cpuNanoseconds) / elapsed * 100
  }
}
