import AgentProtocol
import HostControl
import HostMetrics
import Logging
import NATS
import NIOCore
import ServiceLifecycle
import UnixSignals

/// The agent: connects, announces itself, reports, and does what it is told and allowed to.
final class Agent: Service {
  let configuration: AgentConfiguration
  let loader: ConfigurationLoader
  let level: LogLevelSwitch
  let output: LogOutput
  let hangups: UnixSignalsSequence
  let logger: Logger
  let subjects: AgentSubjects
  let client: NATSClient
  let uplink: NATSUplink
  let ledger: CommandLedger
  let catalogue: Catalogue
  let dispatcher: CommandDispatcher
  let announcer: CapabilitiesAnnouncer
  let heartbeat: HeartbeatPublisher
  let telemetry: TelemetryPublisher

  /// How long commands that were accepted may go on once the agent is told to stop.
  static let drainTime = Duration.seconds(10)
  /// How long the answers of those that were ended then may take to be delivered.
  static let farewellTime = Duration.seconds(5)

  /// Builds all parts. Nothing runs before `run()`.
  ///
  /// - Throws: ``ConfigurationError`` when the configuration names a server or a proxy that cannot be used.
  init(
    identity: AgentUUID, loaded: LoadedConfiguration, loader: ConfigurationLoader, level: LogLevelSwitch,
    output: LogOutput, hangups: UnixSignalsSequence, environment: [String: String], logger: Logger
  ) throws(ConfigurationError) {
    configuration = loaded.configuration
    self.loader = loader
    self.level = level
    self.output = output
    self.hangups = hangups
    self.logger = logger
    let settings = configuration.agent
    let policy = CommandPolicy(settings)
    let losses = LossCounter()
    let prober = MountProber()
    let host = HostIdentityReader()

    // The way to the platform
    subjects = AgentSubjects(identity)
    let client = NATSClient(
      configuration: try .agent(
        identity, configuration, environment: environment, loader: loader, logger: logger),
      logger: logger)
    let uplink = NATSUplink(client: client)
    self.client = client
    self.uplink = uplink

    // What is told without being asked
    let announcer = CapabilitiesAnnouncer(
      uplink: uplink, agent: identity, capabilities: CapabilitiesPayload(host: host.read()), logger: logger)
    self.announcer = announcer
    let ledger = CommandLedger(parallelLimit: settings.maxConcurrentCommands)
    self.ledger = ledger
    let heartbeatMeter = FootprintMeter(client: client, losses: losses, logger: logger)
    heartbeat = HeartbeatPublisher(
      uplink: uplink, agent: identity, interval: settings.heartbeatInterval, logger: logger
    ) {
      HeartbeatPayload(
        version: AgentVersion.current, hostUptimeSeconds: host.read().uptimeSeconds,
        tasksQueued: ledger.count,
        agent: heartbeatMeter.read())
    }
    let telemetry = TelemetryPublisher(
      sampler: TelemetrySampler(prober: prober), uplink: uplink, agent: identity,
      interval: settings.telemetryInterval, losses: losses, logger: logger)
    self.telemetry = telemetry

    // What can be asked for
    let status = StatusReporter(
      uplink: uplink, meter: FootprintMeter(client: client, losses: losses, logger: logger))
    catalogue = Catalogue(
      [AllowedOperations { announcer.announce() }, SystemInfo(identity: host, machineID: loaded.machineID)]
        + SystemQuery.all(QuerySampler(prober: prober))
        + [
          TelemetrySetInterval { telemetry.interval = $0 },
          Exec(runner: ProcessRunner(), environment: Exec.environment(from: environment), logger: logger),
          AgentCancel(ledger: ledger),
          AgentStatus(ledger: ledger) { status.report() },
        ] as [any Operation])
    dispatcher = CommandDispatcher(
      agent: identity, catalogue: catalogue,
      settings: .init(policy: policy, timeout: settings.commandTimeout), ledger: ledger,
      delivery: ResultDelivery(uplink: uplink, agent: identity, losses: losses, logger: logger),
      outputLimit: { uplink.maximumPayload }, logger: logger)
    apply(policy)
  }

  /// Runs until a graceful shutdown: what was accepted is answered first.
  ///
  /// - Throws: ``NATSError`` when `nats.max_reconnects` is used up.
  func run() async throws {
    let events = client.events
    let subscription = try client.subscribe(to: subjects.commands)
    let messages = subscription.map { message in
      CommandMessage(bytes: Array(message.payload.readableBytesView), connection: message.connectionEpoch)
    }
    defer { uplink.close() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await self.follow(events) }
      group.addTask { await self.telemetry.run() }
      group.addTask { await self.heartbeat.run() }
      group.addTask { await self.reloadOnHangup() }
      group.addTask { await self.drainLog() }
      group.addTask { await self.stopAcceptingOnShutdown(subscription) }
      // Commands are read, run and answered on the connection's own thread, which saves most of their latency; what could
      // block runs elsewhere.
      group.addTask(executorPreference: client.taskExecutor) {
        await self.dispatcher.run(messages)
        await self.leave()
      }
      try await client.run()
      group.cancelAll()
    }
    logger.info("agent stopped")
  }
}

extension CapabilitiesPayload {
  /// What is announced of this machine; the operations come with the policy.
  fileprivate init(host: HostIdentity) {
    self.init(
      operations: [], execCommands: nil, agentVersion: AgentVersion.current, os: host.operatingSystem,
      hostname: host.hostname)
  }
}

extension LoadedConfiguration {
  /// What the config drive calls this machine.
  fileprivate var machineID: String? {
    drive.map(\.virtualMachineID).flatMap { $0.isEmpty ? nil : $0 }
  }
}
