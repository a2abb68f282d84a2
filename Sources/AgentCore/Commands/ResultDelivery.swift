import AgentProtocol
import JSON
import Logging

/// Brings results to the platform: each to exactly one place, and until the server has confirmed it.
struct ResultDelivery: Sendable {
  private let uplink: any Uplink
  private let writer: EnvelopeWriter
  private let events: String
  private let losses: LossCounter
  private let logger: Logger

  /// A delivery over `uplink`; what could not be delivered is counted in `losses`.
  init(uplink: any Uplink, agent: AgentUUID, losses: LossCounter, logger: Logger) {
    self.uplink = uplink
    self.writer = EnvelopeWriter(agent: agent)
    self.events = AgentSubjects(agent).events
    self.losses = losses
    self.logger = logger
  }

  /// Sends a result and waits until the server has it, over as many connections as that takes. Gives up when its task is
  /// cancelled.
  func deliver(_ result: ResultPayload, by path: ReturnPath) async {
    if let inbox = path.replyTo, await answer(result, to: inbox, on: path.connection) { return }
    var lost: UInt64?
    while let connection = await uplink.nextConnection(after: lost) {
      switch await send(result, to: events, on: connection) {
      case nil: return
      case .congested?: continue
      case .disconnected?: lost = connection
      case let failure?: return giveUp(result, because: "\(failure)")
      }
    }
    giveUp(result, because: "the agent stopped before a server had it")
  }

  /// - Returns: Whether the inbox has it. If not, the events subject is the place.
  private func answer(_ result: ResultPayload, to inbox: String, on connection: UInt64) async -> Bool {
    while true {
      switch await send(result, to: inbox, on: connection) {
      case nil: return true
      case .congested?: continue
      case .disconnected?: return false
      case let failure?:
        logger.warning(
          "reply_to refused, the result goes to the events subject",
          metadata: ["command_id": "\(result.commandID)", "reason": "\(failure)"])
        return false
      }
    }
  }

  /// Encodes anew each time, as another server may have another limit.
  private func send(_ result: ResultPayload, to subject: String, on connection: UInt64) async -> UplinkError?
  {
    do {
      try await uplink.sendConfirmed(encode(result), to: subject, on: connection)
      return nil
    } catch {
      return error
    }
  }

  private func encode(_ result: ResultPayload) -> [UInt8] {
    let message = writer.envelope(.result, payload: result.json)
    let limit = uplink.maximumPayload
    guard message.count > limit else { return message }
    let envelopeSize = writer.envelope(.result, payload: .null).count
    return writer.envelope(.result, payload: result.fitting(limit - envelopeSize).json)
  }

  private func giveUp(_ result: ResultPayload, because reason: String) {
    losses.add(1)
    logger.error(
      "result not delivered", metadata: ["command_id": "\(result.commandID)", "reason": "\(reason)"])
  }
}
