import AgentProtocol
import Clocks
import JSON
import Locks
import Logging
import StructuredLogging

/// Delivers results to the platform. Each is published to exactly one subject, and retried until the server has confirmed it.
struct ResultDelivery: Sendable {
  private let uplink: any Uplink
  private let writer: EnvelopeWriter
  private let events: String
  private let losses: LossCounter
  private let logger: Logger
  /// Limits the warnings, as every command can name an inbox that the server denies.
  private let warnings = Locked(RateLimiter(burst: 50, perSecond: 0.2))

  /// Creates a delivery. Results that could not be delivered are counted in `losses`.
  init(uplink: any Uplink, agent: AgentUUID, losses: LossCounter, logger: Logger) {
    self.uplink = uplink
    self.writer = EnvelopeWriter(agent: agent)
    self.events = AgentSubjects(agent).events
    self.losses = losses
    self.logger = logger
  }

  /// Waits for a connection other than `known`; nil when the uplink is closed, or the task was cancelled.
  func nextConnection(after known: UInt64?) async -> UInt64? {
    await uplink.nextConnection(after: known)
  }

  /// Shortens a result so that it fits in a message, now and when it is replayed.
  ///
  /// - Parameter limit: An additional limit, in bytes.
  func fitted(_ result: ResultPayload, limit: Int) -> ResultPayload {
    result.fitting(min(limit, uplink.maximumPayload - envelopeSize - Self.replayedSize))
  }

  /// More than the size of `"replayed":true`.
  private static let replayedSize = 32
  private var envelopeSize: Int { writer.envelope(.result, payload: .null, timestamp: UnixTime.now).count }

  /// Publishes a result until the server has confirmed it, on as many connections as that takes, or until the task is cancelled.
  ///
  /// - Parameters:
  ///   - messageID: The id of the message, the same in every attempt.
  ///   - isKept: Whether the journal keeps the result for a later attempt.
  /// - Returns: Whether the server has confirmed it.
  func deliver(
    _ result: ResultPayload, messageID: String = MessageID.random(), to target: ReplyTarget,
    isKept: Bool = false
  ) async -> Bool {
    if let inbox = target.replyTo, await answer(result, messageID, to: inbox, on: target.connectionID) {
      return true
    }
    var lost: UInt64?
    while let connectionID = await uplink.nextConnection(after: lost) {
      switch await send(result, messageID, to: events, on: connectionID) {
      case nil: return true
      case .congested?: continue
      case .disconnected?: lost = connectionID
      case let failure?:
        recordFailure(result, because: "\(failure)", isKept: isKept)
        return false
      }
    }
    if !isKept {
      recordFailure(result, because: "the agent stopped before the server confirmed it", isKept: false)
    }
    return false
  }

  /// Publishes a result to the inbox of its command.
  ///
  /// - Returns: Whether the server has confirmed it. If not, the result goes to the events subject.
  private func answer(
    _ result: ResultPayload, _ messageID: String, to inbox: String, on connectionID: UInt64
  ) async -> Bool {
    while true {
      switch await send(result, messageID, to: inbox, on: connectionID) {
      case nil: return true
      case .congested?: continue
      case .disconnected?: return false
      case let failure?:
        logger.log(
          level: warnings.withLock { $0.admits() } ? .warning : .debug,
          "reply_to refused, the result goes to the events subject",
          metadata: [
            "command_id": "\(result.commandID)", "reason": "\(failure)", LogRecord.expendableKey: "",
          ])
        return false
      }
    }
  }

  /// Publishes a result once. It is encoded for each attempt, as another server may have another payload limit.
  private func send(
    _ result: ResultPayload, _ messageID: String, to subject: String, on connectionID: UInt64
  ) async -> UplinkError? {
    do {
      try await uplink.publishAndFlush(encode(result, messageID), to: subject, on: connectionID)
      return nil
    } catch {
      return error
    }
  }

  private func encode(_ result: ResultPayload, _ messageID: String) -> [UInt8] {
    let message = writer.envelope(.result, payload: result.json, id: messageID, timestamp: UnixTime.now)
    let limit = uplink.maximumPayload
    guard message.count > limit else { return message }
    return writer.envelope(
      .result, payload: result.fitting(limit - envelopeSize).json, id: messageID, timestamp: UnixTime.now)
  }

  private func recordFailure(_ result: ResultPayload, because reason: String, isKept: Bool) {
    if !isKept { losses.add(1) }
    logger.error(
      isKept ? "result not delivered, kept for another connection" : "result not delivered",
      metadata: ["command_id": "\(result.commandID)", "reason": "\(reason)"])
  }
}
