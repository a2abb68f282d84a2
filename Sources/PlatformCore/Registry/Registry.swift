public import Clocks
import Locks
public import Logging
public import PlatformAPI

/// The registry of agents, operators and enrollment tokens.
///
/// The records are stored in three buckets. Every instance caches all of them, updated by watches, and answers from memory.
/// Changes are written by compare-and-set, and are visible at once at the instance that makes them.
public final class Registry: CredentialDirectory {
  struct State {
    var agents = RecordCache<AgentRecord>()
    var enrollments = RecordCache<EnrollmentRecord>()
    var operators = RecordCache<OperatorRecord>()
    var lookups = 0
    /// Resumed at each delivery of a watch.
    var watchObservers: [UInt64: AsyncStream<Void>.Continuation] = [:]
    var nextObserver: UInt64 = 0

    var isCurrent: Bool { agents.isCurrent && enrollments.isCurrent && operators.isCurrent }
  }

  let agentStore: RecordStore<AgentRecord>
  let enrollmentStore: RecordStore<EnrollmentRecord>
  let operatorStore: RecordStore<OperatorRecord>
  let audit: any Auditing
  let logger: Logger
  let now: @Sendable () -> Double
  let state = Locked(State())
  let observers = CredentialObservers()
  let readiness = Latch()
  /// Limits the requests to the buckets to four a second, even under a flood of wrong tokens.
  let catchUps = Coalescer(interval: .milliseconds(250), maximumWaiters: 4096)

  /// Creates a registry that is empty until ``run()`` has filled it.
  ///
  /// - Parameter now: Returns the time in unix seconds.
  public init(
    buckets: RegistryBuckets, audit: any Auditing, logger: Logger,
    now: @escaping @Sendable () -> Double = { WallClock.now }
  ) {
    agentStore = RecordStore(bucket: buckets.agents, kind: "agent", cache: \.agents)
    enrollmentStore = RecordStore(bucket: buckets.enrollments, kind: "enrollment token", cache: \.enrollments)
    operatorStore = RecordStore(bucket: buckets.operators, kind: "operator", cache: \.operators)
    self.audit = audit
    self.logger = logger
    self.now = now
  }

  // MARK: Queries

  /// An agent by its uuid in lower case, from memory.
  public func agent(_ uuid: String) -> AgentRecord? { state.withLock { $0.agents[uuid] } }

  /// An operator by name, from memory.
  public func operatorRecord(_ name: String) -> OperatorRecord? { state.withLock { $0.operators[name] } }

  /// The changes from now on, in a new stream for each observer.
  public var changes: AsyncStream<CredentialChange> { observers.observe() }

  /// The agents ordered by uuid: at most `limit`, after the uuid `after`.
  public func agents(after: String? = nil, limit: Int = .max) -> [AgentRecord] {
    state.withLock { $0.agents.records(after: after, limit: limit) }
  }

  /// The number of enrolled agents, including revoked ones.
  public var agentCount: Int { state.withLock { $0.agents.count } }

  /// The operators ordered by name.
  public func operators() -> [OperatorRecord] { state.withLock { $0.operators.records() } }

  /// The enrollment tokens that can be claimed now.
  public func openEnrollments() -> [EnrollmentRecord] {
    let time = now()
    return state.withLock { $0.enrollments.records() }.filter { $0.isOpen(at: time) }
  }

  /// The maximum number of concurrent reads of single records. A flood of unknown names or wrong tokens exceeds it; those callers get
  /// `busy` and may retry.
  private static let maximumLookups = 64

  /// Reads an agent from the bucket and updates memory; nil when there is none.
  public func reread(agent uuid: String) async throws(APIError) -> AgentRecord? {
    try await reread(uuid, agentStore)
  }

  /// Reads an operator from the bucket and updates memory; nil when there is none.
  public func reread(operator name: String) async throws(APIError) -> OperatorRecord? {
    try await reread(name, operatorStore)
  }

  private func reread<Record>(_ key: String, _ store: RecordStore<Record>) async throws(APIError) -> Record? {
    let isAllowed = state.withLock { state in
      guard state.lookups < Self.maximumLookups else { return false }
      state.lookups += 1
      return true
    }
    guard isAllowed else { throw APIError(.busy, "too many records are being looked up") }
    defer { state.withLock { $0.lookups -= 1 } }
    guard let stored = try await read(key, store) else { return nil }
    updateCache(key, stored.record, stored.revision, store)
    return stored.record
  }
}

extension Registry: AgentResolving {
  /// Resolves a uuid or the beginning of one. The registry knows no host names.
  public func resolve(_ reference: String) throws(APIError) -> String {
    try AgentReference.resolve(reference, among: agents().lazy.map { .init(uuid: $0.uuid) })
  }
}

/// The enrolled agents, from memory.
public protocol EnrolledAgents: Sendable {
  /// All enrolled agents, in any order.
  func agents() -> [AgentRecord]

  /// An enrolled agent by its uuid in lower case.
  func agent(_ uuid: String) -> AgentRecord?
}

extension Registry: EnrolledAgents {
  /// All enrolled agents, ordered by uuid.
  public func agents() -> [AgentRecord] { agents(after: nil, limit: .max) }
}
