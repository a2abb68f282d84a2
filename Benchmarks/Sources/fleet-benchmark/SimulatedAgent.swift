import AgentProtocol
import Clocks
import JSON
import Logging
import NATS
import NIOCore
import Synchronization

/// An agent as seen by the platform and the servers: it connects, announces itself, publishes telemetry and answers commands,
/// with the client and the messages of a real agent. Its machine is simulated.
final class SimulatedAgent: Sendable {
  let identity: AgentUUID
  private let client: NATSClient
  private let writer: EnvelopeWriter
  private let subjects: AgentSubjects
  private let counters: FleetCounters
  private let machine: SimulatedMachine
  private let isConnected = Mutex(false)

  init(_ identity: AgentUUID, token: String, url: String, counters: FleetCounters) throws {
    self.identity = identity
    self.counters = counters
    writer = EnvelopeWriter(agent: identity)
    subjects = AgentSubjects(identity)
    machine = SimulatedMachine(identity)
    // The client settings of plusclouds-agent.
    var configuration = NATSClientConfiguration(
      servers: try NATSServerAddress.list(url), name: "plusclouds-vm-agent:\(identity.text)"
    ) { .userPassword(identity.text, token) }
    configuration.reconnect.maxDelay = .seconds(5)
    configuration.pingInterval = .seconds(20)
    configuration.maxPingsOutstanding = 1
    configuration.pendingBufferSize = 0
    client = NATSClient(
      configuration: configuration, logger: Logger(label: "agent", factory: { _ in SwiftLogNoOpLogHandler() })
    )
  }

  /// Runs until the task is cancelled.
  func run() async {
    let events = client.events
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [client] in
        // The client retries without limit, so only cancellation ends it.
        try? await client.run()
      }
      group.addTask { await self.follow(events) }
      group.addTask { await self.obey() }
    }
  }

  private func follow(_ events: NATSEvents) async {
    for await event in events {
      switch event {
      case .connected:
        let isNew = isConnected.withLock { connected in
          defer { connected = true }
          return !connected
        }
        if isNew { counters.connected() }
        send(.capabilities, machine.capabilities, to: subjects.events)
        beat()
      case .disconnected:
        let was = isConnected.withLock { connected in
          defer { connected = false }
          return connected
        }
        if was { counters.disconnected() }
      case .connectFailed(_, let error, _): counters.failed(error)
      case .permissionsViolation(let error): counters.failed(error)
      default: break
      }
    }
  }

  /// The messages of a real agent at each interval: a heartbeat, and its telemetry twice.
  func beat() {
    send(.heartbeat, machine.heartbeat, to: subjects.events)
    let telemetry = writer.envelope(.telemetry, payload: machine.telemetry, timestamp: UnixTime.now)
    send(telemetry, to: subjects.events)
    send(telemetry, to: subjects.telemetry)
  }

  private func obey() async {
    do {
      for await message in try client.subscribe(to: subjects.commands) {
        guard let command = try? Envelope(parsing: Array(message.payload.readableBytesView)), !command.isTime
        else { continue }
        let result = ResultPayload(
          commandID: command.id, status: .completed, output: ["uptime_s": 4711], durationMilliseconds: 1)
        send(.result, result.json, to: command.replyTo ?? subjects.events)
        counters.answered()
      }
    } catch {
      counters.failed(error)
    }
  }

  private func send(_ type: Envelope.MessageType, _ payload: JSONValue, to subject: String) {
    send(writer.envelope(type, payload: payload, timestamp: UnixTime.now), to: subject)
  }

  private func send(_ message: [UInt8], to subject: String) {
    do {
      try client.publish(message, to: subject)
      counters.published(1)
    } catch {
      // Without a connection nothing is sent; the next connect publishes everything again.
    }
  }
}
