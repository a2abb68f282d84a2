import AgentProtocol
import PlatformAPI

/// What the platform keeps of an agent in the bucket `pls-agents`, under its uuid.
public struct AgentRecord: Sendable, Hashable, Codable {
  /// A token that opens the agent's connections.
  public struct Token: Sendable, Hashable, Codable {
    /// What is kept of it.
    public var hash: TokenHash
    /// Since when it is valid, in unix seconds.
    public var createdAt: Double
    /// Until when, in unix seconds; nil = until it is taken away.
    public var expiresAt: Double?

    /// A token.
    public init(hash: TokenHash, createdAt: Double, expiresAt: Double? = nil) {
      self.hash = hash
      self.createdAt = createdAt
      self.expiresAt = expiresAt
    }

    /// Whether it opens a connection at `time`, in unix seconds.
    public func isValid(at time: Double) -> Bool { expiresAt.map { time < $0 } ?? true }
  }

  /// Its uuid, in lower case.
  public var uuid: String
  /// What kind of agent it is; there is one kind.
  public var agentType = "vm"
  /// Labels that operators gave it.
  public var labels: [String: String]
  /// Its tokens, the oldest first.
  public var tokens: [Token]
  /// When it was enrolled, in unix seconds.
  public var enrolledAt: Double
  /// The operator who enrolled it, or who made its enrolment token.
  public var enrolledBy: String
  /// When its tokens were taken away, in unix seconds. Only a new enrolment ends it.
  public var revokedAt: Double?
  /// Why.
  public var revokedReason: String?
  /// Set when two machines use this identity: what was seen.
  public var cloneSuspected: String?

  /// A record.
  public init(
    uuid: String, labels: [String: String], tokens: [Token], enrolledAt: Double, enrolledBy: String
  ) {
    self.uuid = uuid
    self.labels = labels
    self.tokens = tokens
    self.enrolledAt = enrolledAt
    self.enrolledBy = enrolledBy
  }

  /// Whether it may not connect, whatever its token.
  public var isRevoked: Bool { revokedAt != nil }

  /// The valid token that `token` is, at `time` in unix seconds; nil when it is none, or the agent is revoked. All of them are
  /// tried whatever the outcome, so that the time tells nothing.
  public func validToken(_ token: String, at time: Double) -> Token? {
    var found: Token?
    for candidate in tokens where candidate.hash.matches(token) && candidate.isValid(at: time) {
      found = candidate
    }
    return isRevoked ? nil : found
  }

  /// How many tokens are valid at `time`, in unix seconds.
  public func validTokens(at time: Double) -> Int {
    isRevoked ? 0 : tokens.count { $0.isValid(at: time) }
  }
}

extension AgentRecord {
  /// A uuid as records and subjects have it: 36 characters, in lower case. Nil when `text` is none.
  public static func canonicalUUID(_ text: String) -> String? { UUIDText.canonical(text) }
}
