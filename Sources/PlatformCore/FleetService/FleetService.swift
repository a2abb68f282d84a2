import Clocks
import JSON
import JetStream
import Locks
public import Logging
public import NATS
public import PlatformAPI

/// The fleet and its commands at one instance: caches of the buckets, the API handlers, and, while this instance holds the lease,
/// the fold of events and the delivery of commands.
public final class FleetService: Sendable {
  /// The settings of the fleet.
  public struct Settings: Sendable, Hashable {
    /// The time after its last heartbeat for which an agent counts as alive.
    public var aliveWithin = Duration.seconds(75)
    /// The default time for which a command may wait for its agent; 1 s to a week.
    public var commandsExpireIn = Duration.seconds(3600)
    /// The retention of commands and results, as in ``StorageSettings/commandsKept``.
    public var commandsKept = Duration.seconds(14 * 86_400)
    /// The interval at which figures that change with every event are written for an agent.
    public var metricsWriteInterval = Duration.seconds(10)
    /// The limit of the event stream in bytes; each agent has a share of it.
    public var eventsMaxBytes = StorageSettings().events.maxBytes
    /// The maximum age of events in the stream.
    public var eventsMaxAge = StorageSettings().events.maxAge
    /// The version in `platform.status`.
    public var version = "dev"

    /// Creates the default settings.
    public init() {}
  }

  /// The state of all agents.
  public let fleet: Fleet
  /// The lease of the instance that delivers.
  public let lease: LeaderLease
  private let client: NATSClient
  private let jetStream: JetStream
  private let enrolled: any EnrolledAgents
  private let audit: any Auditing
  private let settings: Settings
  private let counters: PlatformCounters
  private let store: CommandStore
  private let notifier: CompletionNotifier
  private let clones: @Sendable (_ uuid: String, _ evidence: String) -> Void
  private let health: InstanceHealth
  private let logger: Logger

  /// Creates a service that does nothing before ``run()``.
  ///
  /// - Parameters:
  ///   - instance: The name of this instance, unique among all instances.
  ///   - clones: Called at the leader when two hosts seem to share an identity. It must not block.
  ///   - health: The lease is held only while the clock agrees with the servers' clocks.
  public init(
    client: NATSClient, buckets: PlatformBuckets, enrolled: any EnrolledAgents, audit: any Auditing,
    instance: String,
    settings: Settings = Settings(), counters: PlatformCounters = PlatformCounters(),
    clones: @escaping @Sendable (_ uuid: String, _ evidence: String) -> Void = { _, _ in },
    health: InstanceHealth? = nil, logger: Logger
  ) {
    self.health = health ?? InstanceHealth(logger: logger)
    self.client = client
    self.enrolled = enrolled
    self.audit = audit
    self.settings = settings
    self.counters = counters
    self.clones = clones
    self.logger = logger
    jetStream = JetStream(client)
    fleet = Fleet(
      bucket: buckets.fleet, enrolled: enrolled, aliveWithin: settings.aliveWithin, logger: logger)
    lease = LeaderLease(client: client, instance: instance, counters: counters, logger: logger)
    store = CommandStore(
      commands: buckets.commands, results: buckets.results, retention: settings.commandsKept, logger: logger)
    notifier = CompletionNotifier(client: client, audit: audit, counters: counters, logger: logger)
  }

  /// The number of commands without a result.
  public var openCommands: Int { store.cache.withLock { $0.index.openCount } }

  /// The number of commands without a result, by state.
  public var openCommandsByState: [CommandView.State: Int] {
    store.cache.withLock { cache in
      cache.open.values.reduce(into: [:]) { $0[$1.record.state, default: 0] += 1 }
    }
  }

  /// Runs until the task is cancelled, then releases the lease.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.fleet.run() }
      group.addTask { await self.store.run() }
      group.addTask {
        await self.ready()
        guard !Task.isCancelled else { return }
        do {
          try await self.health.whileClockAgrees { await self.lease.run { await self.lead() } }
        } catch {
          self.logger.debug("not leading", metadata: ["reason": "\(error)"])
        }
      }
    }
  }

  /// Returns when the caches are current, or the task is cancelled.
  public func ready() async {
    await fleet.ready()
    await store.ready()
  }

  private func lead() async {
    // The result of a command that the last leader has just sent must not be treated as that of an unknown command.
    await store.catchUp(within: .seconds(10))
    guard !Task.isCancelled else { return }
    let results = InFlightResults()
    let writer = FleetWriter(
      fleet: fleet, pause: Double(settings.metricsWriteInterval.components.seconds), results: results,
      health: health,
      logger: logger)
    let delivery = CommandDelivery(
      client: client, store: store, fleet: fleet, notifier: notifier, counters: counters,
      clones: { [logger, audit, clones] uuid, evidence in
        logger.warning(
          "two machines use one identity", metadata: ["agent": "\(uuid)", "seen": "\(evidence)"])
        audit.enqueue(
          AuditEntry(
            at: WallClock.now, by: "platform", action: "agent.clone_suspected", object: uuid,
            details: ["seen": .string(evidence)]))
        clones(uuid, evidence)
      }, logger: logger)
    let reader = EventReader(
      jetStream: jetStream, writer: writer, results: results, observer: delivery,
      share: Int(clamping: settings.eventsMaxBytes / StorageSettings.agentShare),
      window: Double(settings.eventsMaxAge.components.seconds), counters: counters,
      logger: logger)
    let resultReader = ResultReader(
      jetStream: jetStream, bucket: fleet.bucket, observer: delivery, logger: logger)
    delivery.begin()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await delivery.run() }
      group.addTask { await reader.run() }
      group.addTask { await reader.watchShares() }
      group.addTask { await resultReader.run() }
      group.addTask { await writer.run() }
    }
  }

  // MARK: Removal

  /// Cancels the open commands of an agent, and removes its state, its events and its messages.
  ///
  /// - Parameters:
  ///   - name: The operator who removes it.
  ///   - change: Proof of the audit entry.
  func remove(agent uuid: String, by name: String, _ change: AuditedChange) async throws(JetStreamError) {
    let open = store.cache.withLock { cache in
      cache.open.values.filter { $0.record.agent == uuid }.map(\.record.id)
    }
    for id in open {
      let outcome = try await store.change(id) { record, _ in record.abandon(by: name, at: WallClock.now) }
      if case .changed(let record) = outcome { await notifier.notify(record, result: nil) }
    }
    try await jetStream.purgeStream(PlatformStorage.eventsStream, subject: "agent.vm.\(uuid).evt")
    try await jetStream.purgeStream(PlatformStorage.telemetryStream, subject: "vm.\(uuid).telemetry")
    try await jetStream.purgeStream(PlatformStorage.commandsStream, subject: "agent.vm.\(uuid).cmd")
    try await jetStream.purgeStream(PlatformStorage.resultsStream, subject: "pls.results.\(uuid).>")
    try await fleet.remove(uuid)
  }

  /// The number of commands of an agent without a result.
  func openCommands(of uuid: String) -> Int { store.cache.withLock { $0.index.openCount(of: uuid) } }

  // MARK: Operators

  /// The handlers of the fleet and its commands, by method.
  public func handlers() -> [APIMethod: APIHandler] {
    let limit: @Sendable () -> Int = { [notifier] in notifier.messageLimit }
    let fleetHandlers = FleetHandlers(
      fleet: fleet, enrolled: enrolled, store: store, lease: lease, jetStream: jetStream,
      version: settings.version,
      messageLimit: limit, health: health)
    let events = EventHandlers(fleet: fleet, jetStream: jetStream, messageLimit: limit)
    let commands = CommandHandlers(
      store: store, fleet: fleet, enrolled: enrolled, notifier: notifier, audit: audit,
      expiresIn: settings.commandsExpireIn.components.seconds)
    var handlers = fleetHandlers.handlers
    handlers.merge(events.handlers) { _, new in new }
    handlers.merge(commands.handlers) { _, new in new }
    return handlers
  }
}
