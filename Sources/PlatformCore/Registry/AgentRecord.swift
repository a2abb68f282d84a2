import AgentProtocol
import PlatformAPI

/// The record of an agent in the bucket `pls-agents`. The key is the uuid.
public struct AgentRecord: Sendable, Hashable, Codable {
  /// A token that authenticates the agent.
  public struct Token: Sendable, Hashable, Codable {
    /// The hash of the token.
    public var hash: TokenHash
    /// The time from which it is valid, in unix seconds.
    public var createdAt: Double
    /// The time until which it is valid, in unix seconds; nil: until it is revoked.
    public var expiresAt: Double?

    /// Creates a token.
    public init(hash: TokenHash, createdAt: Double, expiresAt: Double? = nil) {
      self.hash = hash
      self.createdAt = createdAt
      self.expiresAt = expiresAt
    }

    /// Whether it is valid at `time`, in unix seconds.
    public func isValid(at time: Double) -> Bool { expiresAt.map { time < $0 } ?? true }
  }

  /// The uuid, in lower case.
  public var uuid: String
  /// The agent type; always `vm`.
  public var agentType = "vm"
  /// The labels set by operators.
  public var labels: [String: String]
  /// The tokens, the oldest first.
  public var tokens: [Token]
  /// The time of enrollment, in unix seconds.
  public var enrolledAt: Double
  /// The operator who enrolled it, or who created its enrollment token.
  public var enrolledBy: String
  /// The time of revocation, in unix seconds. Only a new enrollment clears it.
  public var revokedAt: Double?
  /// The reason for the revocation.
  public var revokedReason: String?
  /// The evidence that two hosts share this identity; nil when there is none.
  public var cloneSuspected: String?

  /// Creates a record.
  public init(
    uuid: String, labels: [String: String], tokens: [Token], enrolledAt: Double, enrolledBy: String
  ) {
    self.uuid = uuid
    self.labels = labels
    self.tokens = tokens
    self.enrolledAt = enrolledAt
    self.enrolledBy = enrolledBy
  }

  /// Whether the agent is revoked.
  public var isRevoked: Bool { revokedAt != nil }

  /// The token that `token` matches at `time` (unix seconds); nil when none is valid or the agent is revoked. Compares with all
  /// tokens in any case, so that the duration reveals nothing.
  public func validToken(_ token: String, at time: Double) -> Token? {
    var found: Token?
    for candidate in tokens where candidate.hash.matches(token) && candidate.isValid(at: time) {
      found = candidate
    }
    return isRevoked ? nil : found
  }

  /// The number of tokens that are valid at `time`, in unix seconds.
  public func validTokens(at time: Double) -> Int {
    isRevoked ? 0 : tokens.count { $0.isValid(at: time) }
  }
}

extension AgentRecord {
  /// The canonical form of a uuid: 36 characters, in lower case. Nil when `text` is not a uuid.
  public static func canonicalUUID(_ text: String) -> String? { UUIDText.canonical(text) }
}
