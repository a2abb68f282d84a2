import AgentProtocol
import Clocks
import Encoding
import HostMetrics
import JSON
import Locks
import Logging

/// Publishes the capabilities of this agent: after each connect, after a reload, on request, and when the host name or the
/// operating system changes.
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
    /// The last published capabilities.
    var published: CapabilitiesPayload?
  }

  /// Creates an announcer without operations.
  ///
  /// - Parameters:
  ///   - version: The version of this agent.
  ///   - clock: Synchronised by the reply of the platform.
  ///   - host: Reads the identity of the machine; called for each announcement.
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

  /// Limits the log lines of announcements, which commands can request at any rate.
  private let logged = Locked(RateLimiter(burst: 50, perSecond: 0.2))

  /// Sets the allowed operations, without publishing them.
  func allow(_ operations: [CatalogueEntry], execCommands: [String]?) {
    state.withLock { state in
      state.operations = operations
      state.execCommands = execCommands
    }
  }

  /// The current capabilities. The host's identity is read each time, as it can change while the agent runs.
  var capabilities: CapabilitiesPayload {
    let host = host()
    return state.withLock { state in
      CapabilitiesPayload(
        operations: state.operations, execCommands: state.execCommands, agentVersion: version,
        os: host.operatingSystem, hostname: host.hostname)
    }
  }

  /// Publishes the capabilities if host name or operating system have changed since the last announcement.
  func announceChanges() {
    let current = capabilities
    let isChanged = state.withLock { state in
      state.published.map {
        [$0.hostname, $0.os].map { $0.map { ExactString($0) } }
          != [current.hostname, current.os].map { $0.map { ExactString($0) } }
      } ?? false
    }
    if isChanged { announce() }
  }

  /// Publishes the capabilities. Without a connection, they are published after the next connect.
  ///
  /// - Returns: The capabilities.
  @discardableResult
  func announce() -> CapabilitiesPayload {
    let capabilities = capabilities
    do {
      let id = MessageID.random()
      // Recorded before it is sent, as the reply is received on another thread.
      clock.published(id)
      let limit = PayloadLimits.bytes(of: .capabilities, messageLimit: uplink.maximumPayload)
      let payload = capabilities.json(within: limit)
      if let omitted = payload.objectValue?["omitted"]?.objectValue?["exec_commands"]?.integerValue {
        logger.warning(
          "capabilities are too large, entries are left out",
          metadata: ["omitted": "\(omitted) of exec_commands", "limit_bytes": .stringConvertible(limit)])
      }
      try uplink.publish(
        writer.envelope(.capabilities, payload: payload, id: id, timestamp: UnixTime.now), to: events)
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
