import Glibc
import Locks
public import Logging
public import PlatformAPI

/// Who belongs to the fleet: agents, operators and enrolment tokens.
///
/// The records are in three buckets; every instance of the platform has all of them in memory, kept current by watches, and
/// answers from there. Changes go to the buckets by compare-and-set and are seen at once by the instance that makes them.
public final class Registry: CredentialDirectory {
  struct State {
    var agents = RecordCache<AgentRecord>()
    var enrolments = RecordCache<EnrolmentRecord>()
    var operators = RecordCache<OperatorRecord>()
    var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter: UInt64 = 0
    var lookups = 0
    /// Woken at each delivery of a watch.
    var watchObservers: [UInt64: AsyncStream<Void>.Continuation] = [:]

    var isCurrent: Bool { agents.isCurrent && enrolments.isCurrent && operators.isCurrent }
  }

  let agentStore: RecordStore<AgentRecord>
  let enrolmentStore: RecordStore<EnrolmentRecord>
  let operatorStore: RecordStore<OperatorRecord>
  let audit: any Auditing
  let logger: Logger
  let now: @Sendable () -> Double
  let state = Locked(State())
  let observers = CredentialObservers()
  /// However many wrong tokens come, the buckets are asked four times a second at most.
  let catchUps = Coalescer(interval: .milliseconds(250), maximumWaiters: 4096)

  /// A registry, empty until ``run()`` has filled it.
  ///
  /// - Parameter now: the time in unix seconds.
  public init(
    buckets: RegistryBuckets, audit: any Auditing, logger: Logger,
    now: @escaping @Sendable () -> Double = { Registry.unixTime }
  ) {
    agentStore = RecordStore(bucket: buckets.agents, kind: "agent", cache: \.agents)
    enrolmentStore = RecordStore(bucket: buckets.enrolments, kind: "enrolment token", cache: \.enrolments)
    operatorStore = RecordStore(bucket: buckets.operators, kind: "operator", cache: \.operators)
    self.audit = audit
    self.logger = logger
    self.now = now
  }

  /// The wall clock, in unix seconds.
  public static var unixTime: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  // MARK: Reading

  /// An agent by its uuid in lower case; from memory.
  public func agent(_ uuid: String) -> AgentRecord? { state.withLock { $0.agents[uuid] } }

  /// An operator; from memory.
  public func operatorRecord(_ name: String) -> OperatorRecord? { state.withLock { $0.operators[name] } }

  /// What changes from now on, every observer its own stream.
  public var changes: AsyncStream<CredentialChange> { observers.observe() }

  /// Agents in the order of their uuids: at most `limit`, those after the uuid `after`.
  public func agents(after: String? = nil, limit: Int = .max) -> [AgentRecord] {
    state.withLock { $0.agents.records(after: after, limit: limit) }
  }

  /// How many agents are enrolled, revoked ones included.
  public var agentCount: Int { state.withLock { $0.agents.count } }

  /// The operators in the order of their names.
  public func operators() -> [OperatorRecord] { state.withLock { $0.operators.records() } }

  /// The enrolment tokens that can be claimed now, in no order.
  public func openEnrolments() -> [EnrolmentRecord] {
    let time = now()
    return state.withLock { $0.enrolments.records() }.filter { $0.isOpen(at: time) }
  }

  /// How many records may be read at a time because memory does not have them, or not so. More come only from a flood of unknown
  /// names or wrong tokens, which are told so and may try again.
  private static let maximumLookups = 64

  /// See ``CredentialDirectory``.
  public func reread(agent uuid: String) async throws(APIError) -> AgentRecord? {
    try await reread(uuid, agentStore)
  }

  /// See ``CredentialDirectory``.
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
  /// See ``AgentResolving``; host names are not known here.
  public func resolve(_ reference: String) throws(APIError) -> String {
    try AgentReference.resolve(reference, among: agents().lazy.map { .init(uuid: $0.uuid) })
  }
}
