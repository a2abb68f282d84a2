import AgentProtocol
public import JSON
public import PlatformAPI

/// A command as it is kept in `pls-commands`: a pure value that knows how a command goes on from where it is. Its result is kept
/// apart.
public struct CommandRecord: Sendable, Hashable {
  /// Its id, the same as on the wire.
  public let id: String
  /// The agent's uuid.
  public let agent: String
  /// What is to be done.
  public let operation: String
  /// With what.
  public let params: JSONValue
  /// After how many seconds the agent gives up; nil = its default.
  public let timeoutS: Int64?
  /// Who sent it.
  public let submittedBy: String
  /// When it was accepted, in unix seconds.
  public let submittedAt: Double
  /// Until when it may start, in unix seconds.
  public let expiresAt: Int64
  /// How far it is.
  public internal(set) var state = CommandView.State.pending
  /// How often it was sent.
  public internal(set) var attempts = 0
  /// Its place among all commands; nil until it was sent, when the revision of its record is its place.
  public internal(set) var order: UInt64?
  /// When it was last sent, in unix seconds.
  public internal(set) var lastSentAt: Double?
  /// When it was to be taken back, in unix seconds.
  public internal(set) var cancelRequestedAt: Double?
  /// Who wanted it back.
  public internal(set) var cancelRequestedBy: String?
  /// When its end became known, in unix seconds.
  public internal(set) var endedAt: Double?
  /// The `code` of the result.
  public internal(set) var resultCode: String?

  /// A command that was just accepted.
  public init(
    id: String, agent: String, operation: String, params: JSONValue, timeoutS: Int64? = nil,
    submittedBy: String, submittedAt: Double, expiresAt: Int64
  ) {
    self.id = id
    self.agent = agent
    self.operation = operation
    self.params = params
    self.timeoutS = timeoutS
    self.submittedBy = submittedBy
    self.submittedAt = submittedAt
    self.expiresAt = expiresAt
  }

  /// Whether another submission asks for the same, but for its times.
  func isSameRequest(as other: CommandRecord) -> Bool {
    agent == other.agent && operation == other.operation && params == other.params
      && timeoutS == other.timeoutS && submittedBy == other.submittedBy
  }
}

extension CommandRecord {
  /// After this long past its expiry a command that was sent and got no answer counts as ``CommandView/State/unknown``, in
  /// seconds.
  static let resultTimeout: Double = 86_400

  /// It goes out now.
  ///
  /// - Parameter order: its place, unless it has one.
  mutating func recordSent(at now: Double, order: UInt64) {
    self.order = self.order ?? order
    state = .sent
    attempts += 1
    lastSentAt = now
  }

  /// Somebody wants it back.
  ///
  /// - Returns: whether anything changed.
  mutating func cancel(by operatorName: String, at now: Double) -> Bool {
    guard !state.isFinal, cancelRequestedAt == nil else { return false }
    cancelRequestedAt = now
    cancelRequestedBy = operatorName
    if state == .pending { end(.cancelled, at: now) }
    return true
  }

  /// Ends it as cancelled though its agent was sent it: the agent is removed and answers no more.
  ///
  /// - Returns: whether anything changed.
  mutating func abandon(by operatorName: String, at now: Double) -> Bool {
    guard !state.isFinal else { return false }
    cancelRequestedAt = cancelRequestedAt ?? now
    cancelRequestedBy = cancelRequestedBy ?? operatorName
    end(.cancelled, at: now)
    return true
  }

  /// It ends without a result.
  mutating func end(_ state: CommandView.State, at now: Double) {
    self.state = state
    endedAt = now
  }

  /// Its result came.
  mutating func end(with result: AgentEvent.Result, at now: Double) {
    resultCode = result.code
    end(Self.state(of: result, wasCancelled: cancelRequestedAt != nil), at: now)
  }

  private static func state(of result: AgentEvent.Result, wasCancelled: Bool) -> CommandView.State {
    switch (ResultPayload.Status(rawValue: result.status), result.code) {
    case (.completed, _): .completed
    case (_, ResultPayload.Code.cancelled.rawValue): .cancelled
    // What was taken back and had not run comes too late by intent.
    case (.rejected, ResultPayload.Code.expired.rawValue): wasCancelled ? .cancelled : .expired
    case (.rejected, _): .rejected
    case (.failed, _), (nil, _): .failed
    }
  }

  /// The command as operators see it, without its result.
  var view: CommandView {
    var view = CommandView(
      id: id, agent: agent, operation: operation, params: params, timeoutS: timeoutS,
      submittedBy: submittedBy, submittedAt: submittedAt, expiresAt: expiresAt)
    view.state = state
    view.attempts = attempts
    view.endedAt = endedAt
    return view
  }
}
