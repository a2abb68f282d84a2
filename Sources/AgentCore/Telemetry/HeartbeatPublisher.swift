import AgentProtocol
import Clocks
import JSON
import Locks
import Logging

/// Publishes a heartbeat at each interval, and immediately after each connect. Heartbeats are never queued: a late one has no
/// meaning.
final class HeartbeatPublisher: Sendable {
  private let uplink: any Uplink
  private let writer: EnvelopeWriter
  private let events: String
  private let heartbeat: @Sendable () -> HeartbeatPayload
  private let beforeEach: @Sendable () -> Void
  private let clock: PlatformClock
  private let logger: Logger
  private let timer = WakeableTimer()
  private let currentInterval: Locked<Duration>

  /// Creates a publisher.
  ///
  /// - Parameters:
  ///   - clock: Synchronised by some of the platform's replies.
  ///   - beforeEach: Called before each heartbeat of the interval.
  ///   - heartbeat: Returns the payload.
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

  /// The time between two heartbeats. A new value takes effect immediately.
  var interval: Duration {
    get { currentInterval.withLock { $0 } }
    set {
      currentInterval.withLock { $0 = newValue }
      timer.signal()
    }
  }

  /// Publishes a heartbeat.
  ///
  /// - Parameter isFirst: Whether it is the first of its connection, which is logged at `info`.
  func publish(isFirst: Bool = false) {
    do {
      let id = MessageID.random()
      let message = writer.envelope(.heartbeat, payload: heartbeat().json, id: id, timestamp: UnixTime.now)
      // Recorded before it is sent, as the reply is received on another thread.
      clock.published(id)
      try uplink.publish(message, to: events)
      logger.log(level: isFirst ? .info : .debug, "heartbeat published")
      // Restarts the interval; otherwise the next heartbeat could follow immediately.
      if isFirst { timer.signal() }
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
      if await timer.sleep(until: next) {
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
