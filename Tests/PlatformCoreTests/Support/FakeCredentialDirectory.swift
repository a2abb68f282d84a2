import Locks
import PlatformAPI

@testable import PlatformCore

/// A credential directory in memory that the test changes.
final class FakeCredentialDirectory: CredentialDirectory, Sendable {
  private struct State {
    var agents: [String: AgentRecord] = [:]
    var operators: [String: OperatorRecord] = [:]
    /// Agents that only the bucket has.
    var bucket: [String: AgentRecord] = [:]
    var enrollments: Set<String> = []
    var lookups = 0
    var observers: [AsyncStream<CredentialChange>.Continuation] = []
  }

  private let state = Locked(State())

  init() {}

  var lookups: Int { state.withLock { $0.lookups } }

  @discardableResult
  func enroll(_ uuid: String, token: String, expiresAt: Double? = nil) -> AgentRecord {
    let record = AgentRecord(
      uuid: uuid, labels: [:],
      tokens: [.init(hash: TokenHash(of: token), createdAt: 1, expiresAt: expiresAt)], enrolledAt: 1,
      enrolledBy: "test")
    set(record)
    return record
  }

  func set(_ record: AgentRecord) {
    state.withLock { state in
      let old = state.agents.updateValue(record, forKey: record.uuid)
      for observer in state.observers { observer.yield(.agent(old: old, new: record)) }
    }
  }

  func revoke(_ uuid: String) {
    guard var record = agent(uuid) else { return }
    record.revokedAt = 2
    set(record)
  }

  func putIntoBucketOnly(_ record: AgentRecord) { state.withLock { $0.bucket[record.uuid] = record } }

  func addEnrollment(_ token: String) { state.withLock { _ = $0.enrollments.insert(token) } }

  func add(_ name: String, _ role: OperatorRole, token: String) {
    let record = OperatorRecord(
      name: name, role: role, token: TokenHash(of: token), createdAt: 1, createdBy: "test")
    state.withLock { state in
      let old = state.operators.updateValue(record, forKey: name)
      for observer in state.observers { observer.yield(.operator(old: old, new: record)) }
    }
  }

  func removeOperator(_ name: String) {
    state.withLock { state in
      let old = state.operators.removeValue(forKey: name)
      for observer in state.observers { observer.yield(.operator(old: old, new: nil)) }
    }
  }

  func agent(_ uuid: String) -> AgentRecord? { state.withLock { $0.agents[uuid] } }

  func operatorRecord(_ name: String) -> OperatorRecord? { state.withLock { $0.operators[name] } }

  func reread(agent uuid: String) -> AgentRecord? {
    state.withLock { state in
      state.lookups += 1
      if let record = state.bucket[uuid] { state.agents[uuid] = record }
      return state.agents[uuid]
    }
  }

  func catchUp() {
    state.withLock { state in
      state.lookups += 1
      state.agents.merge(state.bucket) { _, new in new }
      state.bucket = [:]
    }
  }

  func canClaim(enrollment token: String, by uuid: String) -> Bool {
    state.withLock { $0.enrollments.contains(token) }
  }

  func reread(operator name: String) -> OperatorRecord? {
    state.withLock { state in
      state.lookups += 1
      return state.operators[name]
    }
  }

  func claimEnrollment(token: String, uuid: String) async throws(APIError) -> AgentRecord {
    let wins = state.withLock { $0.enrollments.remove(token) != nil }
    guard wins else { throw APIError(.notFound, "there is no such enrollment token") }
    return enroll(uuid, token: token)
  }

  var changes: AsyncStream<CredentialChange> {
    let (stream, continuation) = AsyncStream.makeStream(of: CredentialChange.self)
    state.withLock { $0.observers.append(continuation) }
    return stream
  }
}

/// Collects audit entries.
final class KeptAudit: Auditing, Sendable {
  private let kept = Locked<[AuditEntry]>([])

  var entries: [AuditEntry] { kept.withLock { $0 } }

  func record(_ entry: AuditEntry) async throws(APIError) { enqueue(entry) }

  func enqueue(_ entry: AuditEntry) { kept.withLock { $0.append(entry) } }
}
