import PlatformAPI
import PlatformCore

/// A fleet in memory.
struct MemoryDirectory: CredentialDirectory, Auditing {
  static let token = "plsa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

  private let agents: [String: AgentRecord]

  init(count: Int) {
    let pairs = (0..<count).map { index in
      let uuid = Self.uuid(index)
      let token = AgentRecord.Token(hash: TokenHash(of: Self.token), createdAt: 1)
      let record = AgentRecord(uuid: uuid, labels: [:], tokens: [token], enrolledAt: 1, enrolledBy: "x")
      return (uuid, record)
    }
    agents = Dictionary(uniqueKeysWithValues: pairs)
  }

  static func uuid(_ index: Int) -> String {
    let digits = String(index)
    return "0b8f4e8e-51c6-4d0b-9d8e-" + String(repeating: "0", count: 12 - digits.count) + digits
  }

  func agent(_ uuid: String) -> AgentRecord? { agents[uuid] }
  func operatorRecord(_ name: String) -> OperatorRecord? { nil }
  func reread(agent uuid: String) -> AgentRecord? { agents[uuid] }
  func reread(operator name: String) -> OperatorRecord? { nil }
  func catchUp() async {}
  func canClaim(enrollment token: String, by uuid: String) -> Bool { false }
  func claimEnrollment(token: String, uuid: String) async throws(APIError) -> AgentRecord {
    throw APIError(.notFound, "there are no enrollment tokens here")
  }
  var changes: AsyncStream<CredentialChange> { AsyncStream { $0.finish() } }
  func record(_ entry: AuditEntry) async throws(APIError) {}
  func enqueue(_ entry: AuditEntry) {}
}
