import AgentProtocol
import JSON
import Locks
import Logging

/// Tells the platform at each interval, and at once after each connect, that the agent lives. A heartbeat is never kept for
/// later: one that is late says nothing.
final class HeartbeatPublisher: Sendable {
  private let uplink: any Uplink
  private let writer: EnvelopeWriter
  private let events: String
  private let heartbeat: @Sendable () -> HeartbeatPayload
  private let logger: Logger
  private let pulse = Pulse()
  private let currentInterval: Locked<Duration>

  /// A publisher of what `heartbeat` returns.
  init(
    uplink: any Uplink, agent: AgentUUID, interval: Duration, logger: Logger,
    heartbeat: @escaping @Sendable () -> HeartbeatPayload
  ) {
    self.uplink = uplink
    self.writer = EnvelopeWriter(agent: agent)
    self.events = AgentSubjects(agent).events
    self.logger = logger
    self.heartbeat = heartbeat
    currentInterval = Locked(interval)
  }

  /// The time between two heartbeats. Setting it takes effect at once.
  var interval: Duration {
    get { currentInterval.withLock { $0 } }
    set {
      currentInterval.withLock { $0 = newValue }
      pulse.signal()
    }
  }

  /// Publishes one now.
  ///
  /// - Parameter isFirst: Whether it is the first on its connection, which operators want to see in the log.
  func publish(isFirst: Bool = false) {
    do {
      try uplink.send(writer.envelope(.heartbeat, payload: heartbeat().json), to: events)
      logger.log(level: isFirst ? .info : .debug, "heartbeat published")
      // The interval begins anew, or a second one might follow at once.
      if isFirst { pulse.signal() }
    } catch .disconnected, .congested {
      return
    } catch {
      logger.error("heartbeat not published", metadata: ["reason": "\(error)"])
    }
  }

  /// Publishes until the task is cancelled.
  func run() async {
    var next = ContinuousClock.now + interval
    while !Task.isCancelled {
      if await pulse.sleep(until: next) {
        next = .now + interval
        continue
      }
      if Task.isCancelled { return }
      publish()
      next = max(next + interval, .now)
    }
  }
}
