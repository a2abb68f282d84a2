import AgentProtocol
import JSON
import Locks
import Logging

/// Brings results to the platform: each to exactly one place, and until the server has confirmed it.
struct ResultDelivery: Sendable {
  private let uplink: any Uplink
  private let writer: EnvelopeWriter
  private let events: String
  private let losses: LossCounter
  private let logger: Logger
  /// Each command may name an inbox that is refused.
  private let warnings = Locked(RateLimiter(burst: 50, perSecond: 0.2))

  /// A delivery over `uplink`; what could not be delivered is counted in `losses`.
  init(uplink: any Uplink, agent: AgentUUID, losses: LossCounter, logger: Logger) {
    self.uplink = uplink
    self.writer = EnvelopeWriter(agent: agent)
    self.events = AgentSubjects(agent).events
    self.losses = losses
    self.logger = logger
  }

  /// Waits for a connection that is not `known`; nil = there will be none any more, or the task was cancelled.
  func nextConnection(after known: UInt64?) async -> UInt64? {
    await uplink.nextConnection(after: known)
  }

  /// The result as it can be sent now, and once more with `replayed`.
  ///
  /// - Parameter limit: The most bytes that it may have anyway.
  func fitted(_ result: ResultPayload, limit: Int) -> ResultPayload {
    result.fitting(min(limit, uplink.maximumPayload - envelopeSize - Self.replayedSize))
  }

  /// What `"replayed":true` adds.
  private static let replayedSize = 32
  private var envelopeSize: Int { writer.envelope(.result, payload: .null).count }

  /// Sends a result and waits until the server has it, over as many connections as that takes. Gives up when its task is
  /// cancelled.
  ///
  /// - Parameters:
  ///   - messageID: The id of the message, the same each time.
  ///   - isKept: Whether the journal has it for another time.
  /// - Returns: Whether the server has it.
  func deliver(
    _ result: ResultPayload, messageID: String = MessageID.random(), to target: ReplyTarget, isKept: Bool = false
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
    if !isKept { recordFailure(result, because: "the agent stopped before a server had it", isKept: false) }
    return false
  }

  /// - Returns: Whether the inbox has it. If not, the events subject is the place.
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

  /// Encodes anew each time, as another server may have another limit.
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
    let message = writer.envelope(.result, payload: result.json, id: messageID)
    let limit = uplink.maximumPayload
    guard message.count > limit else { return message }
    return writer.envelope(.result, payload: result.fitting(limit - envelopeSize).json, id: messageID)
  }

  private func recordFailure(_ result: ResultPayload, because reason: String, isKept: Bool) {
    if !isKept { losses.add(1) }
    logger.error(
      isKept ? "result not delivered, kept for another connection" : "result not delivered",
      metadata: ["command_id": "\(result.commandID)", "reason": "\(reason)"])
  }
}
