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
  let notifier: ServiceNotifier
  let logger: Logger
  let subjects: AgentSubjects
  let client: NATSClient
  let uplink: NATSUplink
  let ledger: CommandLedger
  let state: StateFolder
  let catalogue: Catalogue
  let dispatcher: CommandDispatcher
  let announcer: CapabilitiesAnnouncer
  let heartbeat: HeartbeatPublisher
  let telemetry: TelemetryPublisher
  let outbox: AlertOutbox
  let watch: HostWatch
  let autoheal: Autoheal
  let power: PowerWatch
  let update: SystemUpdate

  /// How long commands that were accepted may go on once the agent is told to stop.
  static let drainTime = Duration.seconds(10)
  /// How long the answers of those that were ended then may take to be delivered.
  static let farewellTime = Duration.seconds(5)

  /// Builds all parts. Nothing runs before `run()`.
  ///
  /// - Throws: ``ConfigurationError`` when the configuration names a server or a proxy that cannot be used.
  init(
    identity: AgentUUID, loaded: LoadedConfiguration, loader: ConfigurationLoader, level: LogLevelSwitch,
    output: LogOutput, hangups: UnixSignalsSequence, notifier: ServiceNotifier, environment: [String: String],
    logger: Logger
  ) throws(ConfigurationError) {
    configuration = loaded.configuration
    self.loader = loader
    self.level = level
    self.output = output
    self.hangups = hangups
    self.notifier = notifier
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
    let state = StateFolder(settings.stateDirectory, environment: environment)
    self.state = state
    if let warning = state.warning { logger.warning("state folder", metadata: ["reason": "\(warning)"]) }
    let journal = CommandJournal(in: state.path, losses: losses, logger: logger)
    let heartbeatMeter = FootprintMeter(client: client, losses: losses, logger: logger)
    heartbeat = HeartbeatPublisher(
      uplink: uplink, agent: identity, interval: settings.heartbeatInterval, logger: logger
    ) {
      HeartbeatPayload(
        version: AgentVersion.current, hostUptimeSeconds: host.read().uptimeSeconds,
        tasksQueued: ledger.count,
        agent: heartbeatMeter.read())
    }
    let outbox = AlertOutbox(uplink: uplink, agent: identity, losses: losses, logger: logger)
    self.outbox = outbox
    let watch = HostWatch(configuration.alerts, outbox: outbox)
    self.watch = watch
    let telemetry = TelemetryPublisher(
      sampler: TelemetrySampler(prober: prober), uplink: uplink, agent: identity,
      interval: settings.telemetryInterval, losses: losses, logger: logger
    ) { watch.observe($0) }
    self.telemetry = telemetry

    // What is done without being asked
    autoheal = Autoheal(
      configuration.autoheal, isTelling: configuration.alerts.isEnabled, supervisor: Systemd.shared,
      outbox: outbox, logger: logger)

    let power = PowerWatch(
      control: Logind.shared, file: PowerRequestFile(folder: state.path), bootID: BootID.current,
      logger: logger
    ) { await outbox.deliver($0) }
    self.power = power

    // What can be asked for
    let update = SystemUpdate(stateFolder: state.path, host: host, logger: logger) {
      await outbox.deliver($0)
    }
    self.update = update
    let runner = HostProgramRunner(logger: logger)
    let status = StatusReporter(
      uplink: uplink, meter: FootprintMeter(client: client, losses: losses, logger: logger))
    let families: [[any Operation]] = [
      [AllowedOperations { announcer.announce() }],
      [ServicesList(supervisor: Systemd.shared), ServicesGet(supervisor: Systemd.shared)],
      ServicesChange.all(Systemd.shared),
      [SystemInfo(identity: host, machineID: loaded.machineID)],
      SystemQuery.all(QuerySampler(prober: prober)),
      [update, TelemetrySetInterval { telemetry.interval = $0 }],
      PowerOperation.all(power),
      [
        Exec(runner: runner, environment: Exec.environment(from: environment), logger: logger),
        AgentCancel(ledger: ledger), AgentStatus(ledger: ledger, journal: journal) { status.report() },
        LogsTail(runner: ProcessRunner()),
      ],
    ]
    catalogue = Catalogue(Array(families.joined()))
    dispatcher = CommandDispatcher(
      agent: identity, catalogue: catalogue,
      settings: .init(policy: policy, timeout: settings.commandTimeout), ledger: ledger,
      journal: journal,
      delivery: ResultDelivery(uplink: uplink, agent: identity, losses: losses, logger: logger),
      progress: ProgressPublisher(uplink: uplink, agent: identity, logger: logger), losses: losses,
      outputLimit: { min(uplink.maximumPayload, journal.resultLimit) },
      obstacle: { power.isGoingDown ? "the machine is going down" : nil }, logger: logger)
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
      group.addTask { await self.outbox.run() }
      group.addTask { await self.autoheal.run() }
      group.addTask { await self.power.run() }
      group.addTask { await self.update.aftermath.run() }
      group.addTask { await self.reloadOnHangup() }
      group.addTask { await self.drainLog() }
      group.addTask { await self.stopAcceptingOnShutdown(subscription) }
      // Commands are read, run and answered on the connection's own thread, which saves most of their latency; what could
      // block runs elsewhere.
      // A connection's thread that hangs is as good as an agent that does.
      group.addTask(executorPreference: client.taskExecutor) { await Watchdog(self.notifier).run() }
      group.addTask(executorPreference: client.taskExecutor) {
        await self.dispatcher.run(messages)
        await self.leave()
      }
      try await runClient()
      group.cancelAll()
    }
    logger.info("agent stopped")
  }

  /// Runs the client. What runs when it ends is told why it must end, before its task is cancelled.
  private func runClient() async throws {
    defer { ledger.interrupt() }
    try await client.run()
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
