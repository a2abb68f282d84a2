import AgentProtocol
import Clocks
import JSON
import Locks
import Logging

/// Delivers alerts to the platform in the order in which they were raised. Each alert is retried, across reconnects, until the
/// server has confirmed it, with its original id and timestamp.
final class AlertOutbox: Sendable {
  private let uplink: any Uplink
  private let writer: EnvelopeWriter
  private let events: String
  private let losses: LossCounter
  private let logger: Logger
  private let queue: Locked<AlertQueue>
  private let raised: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation
  /// The tasks that wait for the delivery of an alert, by its number; nil after ``run()`` has ended.
  private let waiting = Locked<[UInt64: OneShot<Void>]?>([:])

  /// Creates an outbox. Alerts that could not be delivered are counted in `losses`.
  init(
    uplink: any Uplink, agent: AgentUUID, losses: LossCounter, queue: AlertQueue = AlertQueue(),
    logger: Logger
  ) {
    self.uplink = uplink
    self.writer = EnvelopeWriter(agent: agent)
    self.events = AgentSubjects(agent).events
    self.losses = losses
    self.logger = logger
    self.queue = Locked(queue)
    (raised, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// The number of undelivered alerts.
  var count: Int { queue.withLock { $0.count } }

  /// Logs an alert and queues it for delivery.
  func raise(_ alert: AlertPayload) {
    enqueue(alert, arrival: nil)
  }

  /// Raises an alert, and waits until the server has confirmed it, it was dropped, or ``run()`` has ended.
  func deliver(_ alert: AlertPayload) async {
    let arrival = OneShot<Void>()
    enqueue(alert, arrival: arrival)
    await arrival.value
  }

  private func enqueue(_ alert: AlertPayload, arrival: OneShot<Void>?) {
    logger.log(
      level: alert.severity.logLevel, "alert",
      metadata: [
        "severity": "\(alert.severity.rawValue)", "code": "\(alert.code)", "object_id": "\(alert.objectID)",
        "message": "\(alert.message)",
      ])
    let limit = PayloadLimits.bytes(of: .alert, messageLimit: uplink.maximumPayload)
    let message = writer.envelope(.alert, payload: alert.json(within: limit), timestamp: UnixTime.now)
    let dropped = queue.withLock { queue in
      let dropped = queue.append(message, code: alert.code)
      if let arrival, let number = queue.last?.number { wait(arrival, for: number) }
      return dropped
    }
    if dropped > 0 {
      losses.add(dropped)
      abandonDropped()
      logger.debug(
        "too many undelivered alerts, the oldest were dropped",
        metadata: ["dropped": .stringConvertible(dropped)])
    }
    signal.yield()
  }

  /// Delivers alerts until the task is cancelled. Call this once.
  func run() async {
    await deliverAll()
    let abandoned = waiting.withLock { $0.take() }
    for arrival in (abandoned ?? [:]).values { arrival.complete(()) }
  }

  private func wait(_ arrival: OneShot<Void>, for number: UInt64) {
    let isWaiting = waiting.withLock { waiting in
      waiting?[number] = arrival
      return waiting != nil
    }
    if !isWaiting { arrival.complete(()) }
  }

  private func deliverAll() async {
    var lost: UInt64?
    for await _ in raised {
      while let entry = queue.withLock({ $0.first }) {
        guard let connection = await uplink.nextConnection(after: lost) else { return }
        do {
          try await uplink.publishAndFlush(entry.message, to: events, on: connection)
          remove(entry)
        } catch .disconnected {
          lost = connection
        } catch .congested {
          continue
        } catch {
          remove(entry)
          losses.add(1)
          logger.error("alert not delivered", metadata: ["code": "\(entry.code)", "reason": "\(error)"])
        }
      }
    }
  }

  /// Resumes the tasks that wait for dropped alerts.
  private func abandonDropped() {
    let oldest = queue.withLock { $0.first?.number ?? 0 }
    let gone = waiting.withLock { waiting in
      let gone = (waiting ?? [:]).filter { $0.key < oldest }
      for number in gone.keys { waiting?[number] = nil }
      return gone
    }
    for arrival in gone.values { arrival.complete(()) }
  }

  private func remove(_ entry: AlertQueue.Entry) {
    queue.withLock { $0.remove(entry.number) }
    waiting.withLock { $0?.removeValue(forKey: entry.number) }?.complete(())
  }
}

extension AlertPayload.Severity {
  /// The log level for alerts of this severity.
  fileprivate var logLevel: Logger.Level {
    switch self {
    case .info: .info
    case .warning: .warning
    case .critical, .emergency: .error
    }
  }
}
