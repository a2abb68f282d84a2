import AgentProtocol
import JSON
import Locks
import Logging

/// Brings alerts to the platform: in the order in which they were raised, each until a server has confirmed it, over as many
/// connections as that takes. An alert keeps the id and the time of when it was raised.
final class AlertOutbox: Sendable {
  private let uplink: any Uplink
  private let writer: EnvelopeWriter
  private let events: String
  private let losses: LossCounter
  private let logger: Logger
  private let queue: Locked<AlertQueue>
  private let raised: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation
  /// Who waits for an alert to arrive, by its number; nil once nothing is delivered any more.
  private let waiting = Locked<[UInt64: OneShot<Void>]?>([:])

  /// An outbox over `uplink`; alerts that could not be delivered are counted in `losses`.
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

  /// How many alerts no server has confirmed yet.
  var count: Int { queue.withLock { $0.count } }

  /// Tells the platform, now or as soon as there is a connection, and the log at once. Waits for nothing.
  func raise(_ alert: AlertPayload) {
    enqueue(alert, arrival: nil)
  }

  /// Tells the platform as ``raise(_:)`` does, and returns when a server has confirmed it, or ``run()`` ends.
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
    let message = writer.envelope(.alert, payload: alert.json(within: limit))
    let dropped = queue.withLock { queue in
      let dropped = queue.append(message, code: alert.code)
      if let arrival, let number = queue.last?.number { wait(arrival, for: number) }
      return dropped
    }
    if dropped > 0 {
      losses.add(dropped)
      abandonDropped()
      logger.debug("old alerts dropped, too many wait", metadata: ["dropped": .stringConvertible(dropped)])
    }
    signal.yield()
  }

  /// Delivers until the task is cancelled. To be called once.
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

  /// Nobody waits for an alert that is gone.
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
  /// How an alert of this severity is logged.
  fileprivate var logLevel: Logger.Level {
    switch self {
    case .info: .info
    case .warning: .warning
    case .critical, .emergency: .error
    }
  }
}
