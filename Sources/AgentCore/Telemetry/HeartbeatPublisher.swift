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
  private let beforeEach: @Sendable () -> Void
  private let clock: PlatformClock
  private let logger: Logger
  private let pulse = Pulse()
  private let currentInterval: Locked<Duration>

  /// A publisher of what `heartbeat` returns.
  ///
  /// - Parameters:
  ///   - clock: Is measured by the platform's answer, now and then.
  ///   - beforeEach: Called before each heartbeat that is due.
  init(
    uplink: any Uplink, agent: AgentUUID, interval: Duration, clock: PlatformClock, logger: Logger,
    beforeEach: @escaping @Sendable () -> Void = {},
    heartbeat: @escaping @Sendable () -> HeartbeatPayload
  ) {
    self.uplink = uplink
    self.writer = EnvelopeWriter(agent: agent)
    self.events = AgentSubjects(agent).events
    self.clock = clock
    self.logger = logger
    self.heartbeat = heartbeat
    self.beforeEach = beforeEach
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
      let id = MessageID.random()
      let message = writer.envelope(.heartbeat, payload: heartbeat().json, id: id)
      // Before it is sent: the answer is received on another thread.
      clock.published(id)
      try uplink.publish(message, to: events)
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
      beforeEach()
      publish()
      next = max(next + interval, .now)
    }
  }
}
