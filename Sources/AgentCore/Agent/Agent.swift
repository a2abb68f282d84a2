import AgentProtocol
import HostControl
import HostMetrics
import Logging
import NATS
import NIOCore
import ServiceLifecycle

/// The agent: connects, announces itself, reports, and does what it is told and allowed to.
final class Agent: Service {
  let configuration: AgentConfiguration
  let loader: ConfigurationLoader
  let level: LogLevelSwitch
  let output: LogOutput
  let logger: Logger
  let client: NATSClient
  let uplink: NATSUplink
  let subjects: AgentSubjects
  let ledger: CommandLedger
  let dispatcher: CommandDispatcher
  let catalogue: Catalogue
  let announcer: CapabilitiesAnnouncer
  let heartbeat: HeartbeatPublisher
  let telemetry: TelemetryPublisher

  /// How long commands that were accepted may go on once the agent is told to stop.
  static let drainTime = Duration.seconds(10)
  /// How long the answers of those that were ended then may take to be delivered.
  static let farewellTime = Duration.seconds(5)

  /// Builds all parts. Nothing runs before `run()`.
  ///
  /// - Throws: ``ConfigurationError`` when the configuration names a server or a pattern that cannot be used.
  init(
    identity: AgentUUID, machineID: String?, configuration: AgentConfiguration, loader: ConfigurationLoader,
    level: LogLevelSwitch,
    output: LogOutput, environment: [String: String], logger: Logger
  ) throws(ConfigurationError) {
    self.configuration = configuration
    self.loader = loader
    self.level = level
    self.output = output
    self.logger = logger
    let losses = LossCounter()
    let settings = configuration.agent
    subjects = AgentSubjects(identity)
    client = NATSClient(
      configuration: try .agent(
        identity, configuration, environment: environment, loader: loader, logger: logger),
      logger: logger)
    let uplink = NATSUplink(client: client)
    self.uplink = uplink

    let prober = MountProber()
    let files = HostFiles()
    let identityReader = HostIdentityReader(files: files)
    let host = identityReader.read()
    let ledger = CommandLedger(parallelLimit: settings.maxConcurrentCommands)
    self.ledger = ledger
    let meter = FootprintMeter(client: client, losses: losses, logger: logger)

    let policy = try CommandPolicy(settings)
    let announcer = CapabilitiesAnnouncer(
      uplink: uplink, agent: identity,
      capabilities: CapabilitiesPayload(
        operations: [], execCommands: nil, agentVersion: AgentVersion.current, os: host.operatingSystem,
        hostname: host.hostname),
      logger: logger)
    self.announcer = announcer
    let telemetry = TelemetryPublisher(
      sampler: TelemetrySampler(files: files, prober: prober), uplink: uplink, agent: identity,
      interval: settings.telemetryInterval, losses: losses, logger: logger)
    self.telemetry = telemetry
    heartbeat = HeartbeatPublisher(
      uplink: uplink, agent: identity, interval: settings.heartbeatInterval, logger: logger
    ) {
      // What a slow reader of standard output has made room for by now.
      output.flush(timeout: .zero)
      return HeartbeatPayload(
        version: AgentVersion.current, hostUptimeSeconds: identityReader.read().uptimeSeconds,
        tasksQueued: ledger.count, agent: meter.read())
    }

    let started = (clock: ContinuousClock.now, unix: UnixTime.now)
    catalogue = Catalogue(
      [AllowedOperations { announcer.announce() }, SystemInfo(identity: identityReader, machineID: machineID)]
        + SystemQuery.all(QuerySampler(files: files, prober: prober))
        + [
          TelemetrySetInterval { telemetry.interval = $0 },
          Exec(runner: ProcessRunner(), environment: Exec.environment(from: environment), logger: logger),
          AgentCancel(ledger: ledger),
          AgentStatus(ledger: ledger) {
            AgentStatus.Report(
              version: AgentVersion.current,
              uptimeSeconds: (ContinuousClock.now - started.clock).components.seconds,
              startedAt: started.unix, serverURL: uplink.serverURL, connection: uplink.connection,
              footprint: meter.read())
          },
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
      group.addTask { await self.stopAcceptingOnShutdown(subscription) }
      group.addTask {
        await self.dispatcher.run(messages)
        await self.leave()
      }
      try await client.run()
      group.cancelAll()
    }
    logger.info("agent stopped")
  }
}
