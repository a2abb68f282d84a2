public import JSON

/// A command as the platform knows it.
public struct CommandView: Sendable, Hashable, Codable {
  /// How far it is.
  public enum State: String, Sendable, Hashable, Codable, CaseIterable {
    /// Accepted; the agent has not been sent it, as it is away.
    case pending
    /// Sent at least once; no result yet.
    case sent
    /// It did what was asked.
    case completed
    /// It was tried and did not succeed.
    case failed
    /// The agent refused it.
    case rejected
    /// Its time ran out before it was run.
    case expired
    /// It was taken back, before or while it ran.
    case cancelled
    /// It was sent, and no answer came until long after it expired: whether it ran is not known.
    case unknown

    /// Whether nothing more happens to it.
    public var isFinal: Bool { self != .pending && self != .sent }
  }

  /// Its id, the same as on the wire.
  public var id: String
  /// The agent's uuid.
  public var agent: String
  /// What is to be done.
  public var operation: String
  /// With what.
  public var params: JSONValue
  /// After how many seconds the agent gives up; nil = its default.
  public var timeoutS: Int64?
  /// Who sent it.
  public var submittedBy: String
  /// When it was accepted, in unix seconds.
  public var submittedAt: Double
  /// Until when it may start, in unix seconds.
  public var expiresAt: Int64
  /// How far it is.
  public var state: State
  /// How often it was sent.
  public var attempts: Int
  /// When its end became known, in unix seconds.
  public var endedAt: Double?
  /// The agent's result payload.
  public var result: JSONValue?

  /// A view.
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
