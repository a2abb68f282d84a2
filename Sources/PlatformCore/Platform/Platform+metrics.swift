import Clocks
import Glibc
import JetStream
import Locks
import Logging
import NATS
import NIOCore
import PlatformAPI

extension Platform {
  /// The time-out of a query of one stream.
  private static let streamTimeout = Duration.seconds(1)

  /// Starts the server of `/metrics`; nil if there is none.
  ///
  /// - Throws: ``PlatformConfigurationError`` when the address is not available and required.
  func metricsServer(fleet: FleetService) async throws(PlatformConfigurationError) -> MetricsServer? {
    guard let address = configuration.metrics else { return nil }
    do {
      let server = try await MetricsServer.bind(
        address, metrics: { await self.metricsText(fleet) },
        problems: { self.problems })
      metricsAddress.withLock { $0 = ListenAddress(host: address.host, port: server.port) }
      logger.info("metrics", metadata: ["url": "http://\(address.host):\(server.port)/metrics"])
      return server
    } catch {
      let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
      let failure = PlatformConfigurationError(
        file: configuration.source, key: "metrics.listen",
        "\(address) can't be had (\(reason)); name another address, or off")
      if needsMetrics { throw failure }
      logger.warning("no metrics", metadata: ["reason": "\(failure)"])
      return nil
    }
  }

  /// The problems of this instance, a line each.
  private var problems: [String] {
    let isConnected = fleetClient.state.connectionID != nil && systemClient.state.connectionID != nil
    return (isConnected ? [] : ["no connection to NATS"]) + health.problems
  }

  /// The current values of all metrics, as text.
  func metricsText(_ fleet: FleetService) async -> String {
    var text = MetricsText()
    addFleet(fleet, to: &text)
    addCounters(counters.snapshot, to: &text)
    await addStreams(to: &text)
    text.add(.storeWritable, health.storeProblem == nil ? 1 : 0)
    if let offset = health.clockOffset { text.add(.clockOffset, offset) }
    let clients = [("fleet", fleetClient), ("system", systemClient)]
    text.add(.natsConnected, clients.map { ([("connection", $0.0)], $0.1.state.connectionID == nil ? 0 : 1) })
    text.add(
      .natsReconnects, clients.map { ([("connection", $0.0)], Double($0.1.statistics.reconnects)) })
    text.add(.buildInfo, [([("version", PlatformVersion.current)], 1)])
    let process = ProcessUsage()
    text.add(.processCPU, process.cpuSeconds)
    if let bytes = process.residentBytes { text.add(.processMemory, bytes) }
    if let count = process.descriptors { text.add(.processDescriptors, Double(count)) }
    text.add(.processMaxDescriptors, process.maxDescriptors)
    text.add(.processStart, startedAt)
    return text.text
  }

  private func addFleet(_ fleet: FleetService, to text: inout MetricsText) {
    let now = WallClock.now
    var agents: [String: Double] = ["pending": 0, "alive": 0, "silent": 0, "revoked": 0]
    for view in fleet.fleet.views(at: now) { agents[view.status.rawValue, default: 0] += 1 }
    text.add(.agents, by: "status", agents)
    // An agent's severity may be any text; the label has few values.
    var alerts: [String: Double] = ["warning": 0, "critical": 0, "emergency": 0, "other": 0]
    for state in fleet.fleet.states().values {
      for alert in state.alerts.open(at: now) {
        alerts[alerts[alert.severity] == nil ? "other" : alert.severity, default: 0] += 1
      }
    }
    text.add(.alertsOpen, by: "severity", alerts)
    let commands = fleet.openCommandsByState
    text.add(
      .commandsOpen, by: "state",
      ["pending": Double(commands[.pending] ?? 0), "sent": Double(commands[.sent] ?? 0)])
  }

  private func addCounters(_ counters: PlatformCounters.Snapshot, to text: inout MetricsText) {
    text.add(.commandsSent, Double(counters.commandsSent))
    text.add(
      .commandsEnded, by: "state",
      Self.counts(counters.commandsEnded, of: CommandView.State.allCases.filter(\.isFinal)))
    text.add(.eventsFolded, Double(counters.eventsFolded))
    let purged = ["other": 0].merging(counters.eventsPurged.mapValues(Double.init)) { $1 }
    text.add(.eventsPurged, by: "agent", purged)
    text.add(
      .eventsRejected, by: "reason",
      Self.counts(counters.eventsRejected, of: PlatformCounters.EventRejection.allCases))
    text.add(.telemetryTruncated, Double(counters.telemetryTruncated))
    var outcomes = ["accepted": Double(counters.calloutAccepted)]
    for reason in PlatformCounters.Refusal.all { outcomes[reason.rawValue] = 0 }
    for (reason, count) in counters.calloutRefused { outcomes[reason.rawValue] = Double(count) }
    text.add(.calloutResponses, by: "outcome", outcomes)
    text.add(
      .calloutThrottled, by: "kind",
      Self.counts(counters.throttled, of: PlatformCounters.ThrottledKind.allCases))
    text.add(.calloutDuration, counters.calloutSeconds)
    var calls = counters.apiCalls
    for method in APIMethod.allCases.map(\.rawValue) + ["unknown"] {
      for ok in [true, false] { calls[.init(method: method, ok: ok), default: 0] += 0 }
    }
    text.add(
      .apiRequests,
      calls.sorted { $0.key < $1.key }.map {
        ([("method", $0.key.method), ("result", $0.key.ok ? "ok" : "error")], Double($0.value))
      })
    text.add(.auditLost, Double(counters.auditLost))
    text.add(.auditSuppressed, Double(counters.auditSuppressed))
    text.add(.leader, counters.isLeader ? 1 : 0)
  }

  private func addStreams(to text: inout MetricsText) async {
    let jetStream = JetStream(fleetClient, timeout: Self.streamTimeout)
    let record = AuditRecord.jetStream(fleetClient, timeout: Self.streamTimeout)
    let names = [
      PlatformStorage.telemetryStream, PlatformStorage.eventsStream, PlatformStorage.commandsStream,
      PlatformStorage.resultsStream, PlatformStorage.auditStream,
    ]
    let states = await withTaskGroup(of: (String, StreamInfo)?.self) { group in
      for name in names {
        group.addTask {
          // A stream that does not answer has no samples.
          (try? await (name == PlatformStorage.auditStream ? record : jetStream).stream(name)).map {
            (name, $0)
          }
        }
      }
      var states: [String: StreamInfo] = [:]
      for await case (let name, let state)? in group { states[name] = state }
      return states
    }
    text.add(.streamMessages, by: "stream", states.mapValues { Double($0.state.messages) })
    text.add(.streamBytes, by: "stream", states.mapValues { Double($0.state.bytes) })
    text.add(.streamMaxBytes, by: "stream", states.mapValues { Double($0.configuration.maxBytes) })
  }

  /// Counts by label, 0 for kinds that have not occurred: a rate needs the sample before the first one.
  private static func counts<Kind: RawRepresentable & Hashable>(
    _ counted: [Kind: UInt64], of kinds: [Kind]
  ) -> [String: Double] where Kind.RawValue == String {
    Dictionary(uniqueKeysWithValues: kinds.map { ($0.rawValue, Double(counted[$0] ?? 0)) })
  }
}
