import AgentProtocol
import HostControl
import HostMetrics
import LinuxMetrics
import Logging
import NATS
import NIOCore
import ServiceLifecycle
import StructuredLogging
import UnixSignals

/// The agent: connects to NATS, publishes capabilities and telemetry, and executes permitted commands.
final class Agent: Service {
  let configuration: AgentConfiguration
  let loader: ConfigurationLoader
  let level: LogLevelSwitch
  let output: LogOutput
  let hangups: UnixSignalsSequence
  let reloads: ReloadReport
  let notifier: ServiceNotifier
  let logger: Logger
  let subjects: AgentSubjects
  let client: NATSClient
  let uplink: NATSUplink
  let scheduler: CommandScheduler
  let state: StateFolder
  let clock: PlatformClock
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

  /// The time that accepted commands have to end after a stop request.
  static let drainTimeout = Duration.seconds(10)
  /// The time for delivering the results of commands that were stopped.
  static let flushTimeout = Duration.seconds(5)

  /// Builds all components. Nothing runs before ``run()``.
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
    reloads = ReloadReport(environment: environment)
    self.notifier = notifier
    self.logger = logger
    let settings = configuration.agent
    let policy = CommandPolicy(settings)
    let losses = LossCounter()
    let prober = MountProber()
    let host = HostIdentityReader()

    subjects = AgentSubjects(identity)
    let client = NATSClient(
      configuration: try .agent(
        identity, configuration, environment: environment, loader: loader, logger: logger),
      logger: logger)
    let uplink = NATSUplink(client: client)
    self.client = client
    self.uplink = uplink

    let state = StateFolder(settings.stateDirectory, environment: environment)
    self.state = state
    if let warning = state.warning { logger.warning("state folder", metadata: ["reason": "\(warning)"]) }
    let clock = PlatformClock(folder: state.path, logger: logger)
    self.clock = clock

    let announcer = CapabilitiesAnnouncer(
      uplink: uplink, agent: identity, version: AgentVersion.current, clock: clock, logger: logger,
      host: host.read)
    self.announcer = announcer
    let scheduler = CommandScheduler(parallelLimit: settings.maxConcurrentCommands)
    self.scheduler = scheduler
    let journal = CommandJournal(in: state.path, losses: losses, logger: logger)
    let heartbeatMeter = FootprintMeter(client: client, losses: losses, logger: logger)
    heartbeat = HeartbeatPublisher(
      uplink: uplink, agent: identity, interval: settings.heartbeatInterval, clock: clock, logger: logger,
      beforeEach: announcer.announceChanges
    ) {
      HeartbeatPayload(
        version: AgentVersion.current, hostUptimeSeconds: host.read().uptimeSeconds,
        tasksQueued: scheduler.count,
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

    autoheal = Autoheal(
      configuration.autoheal, raisesAlerts: configuration.alerts.isEnabled, supervisor: Systemd.shared,
      outbox: outbox, logger: logger)

    let power = PowerWatch(
      control: Logind.shared, file: PowerRequestFile(folder: state.path), bootID: BootID.current,
      logger: logger
    ) { await outbox.deliver($0) }
    self.power = power

    let update = SystemUpdate(stateFolder: state.path, host: host, logger: logger) {
      await outbox.deliver($0)
    }
    self.update = update
    let runner = HostProgramRunner(prefix: "plusclouds-exec", logger: logger)
    let status = StatusReporter(
      uplink: uplink, meter: FootprintMeter(client: client, losses: losses, logger: logger))
    let families: [[any Operation]] = [
      [AllowedOperations { announcer.announce() }],
      ServiceOperation.all(Systemd.shared) { Self.startProblem(loader, environment) },
      SystemOperation.queries(host, machineID: loaded.machineID, QuerySampler(prober: prober)),
      [update, TelemetrySetInterval { telemetry.interval = $0 }],
      PowerOperation.all(power),
      [
        Exec(runner: runner, environment: Exec.environment(from: environment), logger: logger),
        AgentCancel(scheduler: scheduler),
        AgentStatus(scheduler: scheduler, journal: journal) { status.report() },
        LogsTail(
          runner: HostProgramRunner(prefix: "plusclouds-logs", logger: logger), lookUp: Self.journalUnit),
      ],
    ]
    catalogue = Catalogue(Array(families.joined()))
    dispatcher = CommandDispatcher(
      agent: identity, catalogue: catalogue,
      settings: .init(policy: policy, timeout: settings.commandTimeout), scheduler: scheduler,
      journal: journal,
      delivery: ResultDelivery(uplink: uplink, agent: identity, losses: losses, logger: logger),
      progress: ProgressPublisher(uplink: uplink, agent: identity, logger: logger), losses: losses,
      outputLimit: { min(uplink.maximumPayload, journal.resultLimit) },
      obstacle: { power.isGoingDown ? "the machine is going down" : nil }, clock: clock, logger: logger)
    apply(policy)
  }

  /// Checks whether an agent would start with the configuration as it is on disk now.
  ///
  /// - Returns: The problem, or nil when it would start.
  private static func startProblem(
    _ loader: ConfigurationLoader, _ environment: [String: String]
  ) -> String? {
    do throws(ConfigurationError) {
      let loader = loader.afterRestart()
      let loaded = try loader.load()
      guard let identity = AgentUUID(loaded.configuration.nats.agentUUID) else { return nil }
      _ = try NATSClientConfiguration.agent(
        identity, loaded.configuration, environment: environment, loader: loader)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Sendable private static func journalUnit(_ unit: UnitName) async -> JournalUnit {
    do throws(SystemdError) {
      return JournalUnit(name: try await Systemd.shared.realName(of: unit.text), isKnown: true)
    } catch {
      // The journal may hold entries of a unit that no longer exists.
      return JournalUnit(name: unit.text, isKnown: error.code == .unitNotFound ? false : nil)
    }
  }

  /// Runs until a graceful shutdown. Accepted commands are answered first.
  ///
  /// - Throws: ``NATSError`` when `nats.max_reconnects` is used up.
  func run() async throws {
    let events = client.events
    let subscription = try client.subscribe(to: subjects.commands)
    let messages = subscription.map { message in
      CommandMessage(bytes: Array(message.payload.readableBytesView), connectionID: message.connectionID)
    }
    defer { uplink.close() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await self.handle(events) }
      group.addTask { await self.telemetry.run() }
      group.addTask { await self.heartbeat.run() }
      group.addTask { await self.outbox.run() }
      group.addTask { await self.autoheal.run() }
      group.addTask { await self.power.run() }
      group.addTask { await self.clock.run() }
      group.addTask { await self.update.detachedUpdates.run() }
      group.addTask { await self.reloadOnHangup() }
      group.addTask { await self.flushLog() }
      group.addTask { await self.stopAcceptingOnShutdown(subscription) }
      // The watchdog and the dispatcher run on the connection's event loop. The watchdog stops with a loop that hangs, and the
      // dispatcher saves the thread switches that make up most of a command's latency. Blocking work runs elsewhere.
      group.addTask(executorPreference: client.taskExecutor) { await Watchdog(self.notifier).run() }
      group.addTask(executorPreference: client.taskExecutor) {
        await self.dispatcher.run(messages)
        await self.drainConnection()
      }
      try await runClient()
      group.cancelAll()
    }
    logger.info("agent stopped")
  }

  /// Runs the client, then interrupts running commands before their tasks are cancelled, so that they know the reason.
  private func runClient() async throws {
    defer { scheduler.interrupt() }
    try await client.run()
  }
}

extension LoadedConfiguration {
  /// The virtual machine id of the config drive.
  fileprivate var machineID: String? {
    drive.map(\.virtualMachineID).flatMap { $0.isEmpty ? nil : $0 }
  }
}
