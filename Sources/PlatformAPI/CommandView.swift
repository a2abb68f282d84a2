public import JSON

/// A command and its state.
public struct CommandView: Sendable, Hashable, Codable {
  /// The state of a command.
  public enum State: String, Sendable, Hashable, Codable, CaseIterable {
    /// Accepted and not sent yet, because the agent is not connected.
    case pending
    /// Sent at least once; no result yet.
    case sent
    /// Completed by the agent.
    case completed
    /// Attempted by the agent without success.
    case failed
    /// Rejected by the agent before it ran.
    case rejected
    /// Expired before it ran.
    case expired
    /// Cancelled, before or while it ran.
    case cancelled
    /// Sent without a result until long after its expiry; it may have run.
    case unknown

    /// Whether the state is final.
    public var isFinal: Bool { self != .pending && self != .sent }
  }

  /// The command id, the same as on the wire.
  public var id: String
  /// The agent's uuid.
  public var agent: String
  /// The operation.
  public var operation: String
  /// The operation's parameters.
  public var params: JSONValue
  /// The time-out at the agent in seconds; nil: the agent's default.
  public var timeoutS: Int64?
  /// The operator that submitted it.
  public var submittedBy: String
  /// When it was accepted, in unix seconds.
  public var submittedAt: Double
  /// The latest time at which it may start, in unix seconds.
  public var expiresAt: Int64
  /// The state.
  public var state: State
  /// How often it was sent.
  public var attempts: Int
  /// When its final state became known, in unix seconds.
  public var endedAt: Double?
  /// The agent's result payload.
  public var result: JSONValue?

  /// Creates a view.
  public init(
    id: String, agent: String, operation: String, params: JSONValue, timeoutS: Int64?, submittedBy: String,
    submittedAt: Double, expiresAt: Int64
  ) {
    self.id = id
    self.agent = agent
    self.operation = operation
    self.params = params
    self.timeoutS = timeoutS
    self.submittedBy = submittedBy
    self.submittedAt = submittedAt
    self.expiresAt = expiresAt
    self.state = .pending
    self.attempts = 0
  }
}
