import Clocks
import Encoding
public import JetStream
import Locks
public import Logging
public import PlatformAPI

/// The state of all agents. Every instance caches it by a watch on the bucket that the leader writes.
public final class Fleet: AgentResolving, Sendable {
  /// A state with the revision of its record.
  struct Versioned: Sendable {
    var state: AgentState
    var revision: UInt64
  }

  /// The seconds after its last heartbeat for which an agent counts as alive.
  public let aliveWithin: Double
  let bucket: KeyValueBucket
  private let enrolled: any EnrolledAgents
  private let logger: Logger
  private let cache = Locked<[String: Versioned]>([:])
  private let readiness = Latch()
  private let removalObserver = Locked<(@Sendable (String) -> Void)?>(nil)

  /// Creates a fleet whose cache is empty until ``run()`` has filled it.
  ///
  /// - Parameters:
  ///   - bucket: The bucket ``PlatformStorage/fleet``.
  ///   - enrolled: The enrolled agents.
  ///   - aliveWithin: The time after its last heartbeat for which an agent counts as alive.
  public init(
    bucket: KeyValueBucket, enrolled: any EnrolledAgents, aliveWithin: Duration = .seconds(75), logger: Logger
  ) {
    self.bucket = bucket
    self.enrolled = enrolled
    self.aliveWithin =
      Double(aliveWithin.components.seconds) + Double(aliveWithin.components.attoseconds) * 1e-18
    self.logger = logger
  }

  /// Keeps the cache current until the task is cancelled.
  public func run() async {
    await bucket.observe("*", logger: logger) { element in
      switch element {
      case .current: self.readiness.set()
      case .entry(let entry): self.observe(entry)
      }
    }
  }

  /// Returns when the cache has the content of the bucket, or the task is cancelled.
  public func ready() async { await readiness.wait() }

  private func observe(_ entry: KeyValueEntry) {
    guard entry.operation == .put else {
      cache.withLock { $0[entry.key] = nil }
      removalObserver.withLock { $0 }?(entry.key)
      return
    }
    guard let state = AgentState(decoding: entry.value), state.uuid.hasSameBytes(as: entry.key) else {
      logger.warning("a record of an agent's state can't be read", metadata: ["key": "\(entry.key)"])
      return
    }
    update(state, revision: entry.revision)
  }

  /// Sets the function that is called with the uuid of an agent whose state was removed.
  func setRemovalObserver(_ body: (@Sendable (String) -> Void)?) { removalObserver.withLock { $0 = body } }

  /// Whether an agent is enrolled.
  func isEnrolled(_ uuid: String) -> Bool { enrolled.agent(uuid) != nil }

  /// Removes the state and the capabilities of an agent.
  func remove(_ uuid: String) async throws(JetStreamError) {
    try await bucket.delete("\(uuid).capabilities")
    try await bucket.delete(uuid)
    cache.withLock { $0[uuid] = nil }
  }

  /// Updates the cache with a written or observed state. Ignores an older revision.
  func update(_ state: AgentState, revision: UInt64) {
    cache.withLock { cache in
      if let known = cache[state.uuid], known.revision >= revision { return }
      cache[state.uuid] = Versioned(state: state, revision: revision)
    }
  }

  // MARK: Queries

  /// The state of an agent; nil when it has published no events.
  public func state(_ uuid: String) -> AgentState? { cache.withLock { $0[uuid]?.state } }

  /// The states of all agents, by uuid.
  public func states() -> [String: AgentState] { cache.withLock { $0.mapValues(\.state) } }

  /// The revision of an agent's record; zero when there is none.
  func revision(_ uuid: String) -> UInt64 { cache.withLock { $0[uuid]?.revision ?? 0 } }

  /// The views of all enrolled agents at `now` (unix seconds), ordered by uuid.
  public func views(at now: Double) -> [AgentView] {
    let states = states()
    return enrolled.agents().map { view(of: $0, states[$0.uuid], at: now) }.sorted { $0.uuid < $1.uuid }
  }

  /// The view of an agent now.
  public func view(of record: AgentRecord) -> AgentView {
    view(of: record, state(record.uuid), at: WallClock.now)
  }

  /// The view of an agent at `now` (unix seconds).
  func view(of record: AgentRecord, _ state: AgentState?, at now: Double) -> AgentView {
    let status: AgentView.Status =
      if record.isRevoked {
        .revoked
      } else if let state, state.lastHeartbeat != nil {
        state.isAlive(at: now, within: aliveWithin) ? .alive : .silent
      } else {
        .pending
      }
    var view = AgentView(uuid: record.uuid, status: status, labels: record.labels)
    if cloneSuspicion(of: record, state, at: now) != nil { view.openAlerts += 1 }
    guard let state else { return view }
    view.hostname = state.hostname?.text
    view.announcedHostname = state.announcedHostname
    view.os = state.os
    view.version = state.version
    view.lastHeartbeat = state.lastHeartbeat
    view.heartbeatIntervalS = state.heartbeatInterval
    view.uptimeS = state.uptime
    view.tasksQueued = state.tasksQueued
    view.cpuPct = state.cpuPercent
    view.memoryPct = state.memoryPercent
    view.diskPct = state.diskPercent
    view.openAlerts += state.alerts.open(at: now).count
    return view
  }

  /// The evidence that two hosts share the identity of an agent; nil when there is none.
  func cloneSuspicion(of record: AgentRecord, _ state: AgentState?, at now: Double) -> String? {
    if let state, state.isCloneSuspected(at: now), let evidence = state.cloneEvidence { return evidence }
    return record.cloneSuspected
  }

  // MARK: References

  /// Resolves a uuid, the beginning of one, or a host name.
  public func resolve(_ reference: String) throws(APIError) -> String {
    let states = states()
    return try AgentReference.resolve(
      reference,
      among: enrolled.agents().lazy.map { .init(uuid: $0.uuid, hostname: states[$0.uuid]?.hostname) })
  }

  /// The host name of an agent; nil when it announced none.
  func hostname(of uuid: String) -> HostName? { state(uuid)?.hostname }
}
