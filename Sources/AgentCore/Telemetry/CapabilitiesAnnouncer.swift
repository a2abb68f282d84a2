import AgentProtocol
import JSON
import Locks
import Logging

/// Tells the platform what this agent is allowed to do: on start, after each connect, and when asked.
final class CapabilitiesAnnouncer: Sendable {
  private let uplink: any Uplink
  private let writer: EnvelopeWriter
  private let events: String
  private let logger: Logger
  private let current: Locked<CapabilitiesPayload>

  /// An announcer of `capabilities`.
  init(uplink: any Uplink, agent: AgentUUID, capabilities: CapabilitiesPayload, logger: Logger) {
    self.uplink = uplink
    self.writer = EnvelopeWriter(agent: agent)
    self.events = AgentSubjects(agent).events
    self.logger = logger
    current = Locked(capabilities)
  }

  /// What is announced from now on. Setting it announces nothing by itself.
  var capabilities: CapabilitiesPayload {
    get { current.withLock { $0 } }
    set { current.withLock { $0 = newValue } }
  }

  /// Publishes the capabilities; without a connection, the next connect does.
  ///
  /// - Returns: What was published.
  @discardableResult
  func announce() -> CapabilitiesPayload {
    let capabilities = capabilities
    do {
      try uplink.send(writer.envelope(.capabilities, payload: capabilities.json), to: events)
      logger.info(
        "capabilities published",
        metadata: ["operation_count": .stringConvertible(capabilities.operations.count)])
    } catch .disconnected {
      return capabilities
    } catch {
      logger.error("capabilities not published", metadata: ["reason": "\(error)"])
    }
    return capabilities
  }
}
