import AgentProtocol
import HostMetrics
import JSON
import Locks
import Logging

/// Announces what this agent is allowed to do and on which machine: on start, after each connect, on request, and when the
/// machine's name or system has changed.
final class CapabilitiesAnnouncer: Sendable {
  private let uplink: any Uplink
  private let writer: EnvelopeWriter
  private let events: String
  private let version: String
  private let logger: Logger
  private let clock: PlatformClock
  private let host: @Sendable () -> HostIdentity
  private let state = Locked(State())

  private struct State {
    var operations: [CatalogueEntry] = []
    var execCommands: [String]?
    /// What was sent last; nil before the first.
    var published: CapabilitiesPayload?
  }

  /// An announcer that announces no operation yet.
  ///
  /// - Parameters:
  ///   - version: The version of this agent.
  ///   - clock: Is measured by the platform's answer.
  ///   - host: Reads what machine this is, each time anew.
  init(
    uplink: any Uplink, agent: AgentUUID, version: String, clock: PlatformClock, logger: Logger,
    host: @escaping @Sendable () -> HostIdentity
  ) {
    self.uplink = uplink
    self.writer = EnvelopeWriter(agent: agent)
    self.events = AgentSubjects(agent).events
    self.version = version
    self.clock = clock
    self.logger = logger
    self.host = host
  }

  /// A command asks for it as often as it likes.
  private let logged = Locked(RateLimiter(burst: 50, perSecond: 0.2))

  /// Sets what is allowed from now on. Announces nothing by itself.
  func allow(_ operations: [CatalogueEntry], execCommands: [String]?) {
    state.withLock { state in
      state.operations = operations
      state.execCommands = execCommands
    }
  }

  /// What would be announced now. The machine's part is read anew: its name and its system change while the agent runs.
  var capabilities: CapabilitiesPayload {
    let host = host()
    return state.withLock { state in
      CapabilitiesPayload(
        operations: state.operations, execCommands: state.execCommands, agentVersion: version,
        os: host.operatingSystem, hostname: host.hostname)
    }
  }

  /// Publishes the capabilities if the machine's name or system is another than the last announcement said.
  func announceChanges() {
    let current = capabilities
    let isChanged = state.withLock { state in
      state.published.map { $0.hostname != current.hostname || $0.os != current.os } ?? false
    }
    if isChanged { announce() }
  }

  /// Publishes the capabilities; without a connection, the next connect does.
  ///
  /// - Returns: What was published.
  @discardableResult
  func announce() -> CapabilitiesPayload {
    let capabilities = capabilities
    do {
      let id = MessageID.random()
      // Before it is sent: the answer is received on another thread.
      clock.published(id)
      let limit = PayloadLimits.bytes(of: .capabilities, messageLimit: uplink.maximumPayload)
      let payload = capabilities.json(within: limit)
      if let omitted = payload.objectValue?["omitted"]?.objectValue?["exec_commands"]?.integerValue {
        logger.warning(
          "capabilities are too large, entries are left out",
          metadata: ["omitted": "\(omitted) of exec_commands", "limit_bytes": .stringConvertible(limit)])
      }
      try uplink.publish(writer.envelope(.capabilities, payload: payload, id: id), to: events)
      state.withLock { $0.published = capabilities }
      logger.log(
        level: logged.withLock { $0.admits() } ? .info : .debug,
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
