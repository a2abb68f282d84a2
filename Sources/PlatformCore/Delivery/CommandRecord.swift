import AgentProtocol
import Encoding
public import JSON
public import PlatformAPI

/// A command as stored in `pls-commands`, and its state transitions. The result is stored separately. No clock, no I/O.
public struct CommandRecord: Sendable, Hashable {
  /// The id, the same as on the wire.
  public let id: String
  /// The agent's uuid.
  public let agent: String
  /// The name of the operation.
  public let operation: String
  /// The parameters of the operation.
  public let params: JSONValue
  /// The timeout of the operation at the agent, in seconds; nil for the agent's default.
  public let timeoutS: Int64?
  /// The operator who submitted it.
  public let submittedBy: String
  /// The time of submission, in unix seconds.
  public let submittedAt: Double
  /// The time until which it may start, in unix seconds.
  public let expiresAt: Int64
  /// The state of the command.
  public internal(set) var state = CommandView.State.pending
  /// The number of times that it was sent.
  public internal(set) var attempts = 0
  /// The position among all commands: the revision of the record when it was first sent; nil before.
  public internal(set) var order: UInt64?
  /// The time at which it was last sent, in unix seconds.
  public internal(set) var lastSentAt: Double?
  /// The time at which it was cancelled by an operator, in unix seconds.
  public internal(set) var cancelRequestedAt: Double?
  /// The operator who cancelled it.
  public internal(set) var cancelRequestedBy: String?
  /// The time at which its end became known, in unix seconds.
  public internal(set) var endedAt: Double?
  /// The `code` of the result.
  public internal(set) var resultCode: String?

  /// Creates a pending command.
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

  /// Whether two submissions differ in nothing but their times. Parameters are compared by bytes: they may name files.
  func isSameRequest(as other: CommandRecord) -> Bool {
    agent.hasSameBytes(as: other.agent) && operation.hasSameBytes(as: other.operation)
      && submittedBy.hasSameBytes(as: other.submittedBy) && timeoutS == other.timeoutS
      && params == other.params && JSONWriter.encode(params) == JSONWriter.encode(other.params)
  }
}

extension CommandRecord {
  /// The time after its expiry, in seconds, at which a sent command without a result becomes ``CommandView/State/unknown``.
  static let resultTimeout: Double = 86_400

  /// Records that the command is being sent.
  ///
  /// - Parameter order: The position of the command, unless it has one.
  mutating func recordSent(at now: Double, order: UInt64) {
    self.order = self.order ?? order
    state = .sent
    attempts += 1
    lastSentAt = now
  }

  /// Records a cancellation by an operator.
  ///
  /// - Returns: Whether anything changed.
  mutating func cancel(by operatorName: String, at now: Double) -> Bool {
    guard !state.isFinal, cancelRequestedAt == nil else { return false }
    cancelRequestedAt = now
    cancelRequestedBy = operatorName
    if state == .pending { end(.cancelled, at: now) }
    return true
  }

  /// Ends the command as cancelled even when it was sent, because its agent is being removed.
  ///
  /// - Returns: Whether anything changed.
  mutating func abandon(by operatorName: String, at now: Double) -> Bool {
    guard !state.isFinal else { return false }
    cancelRequestedAt = cancelRequestedAt ?? now
    cancelRequestedBy = cancelRequestedBy ?? operatorName
    end(.cancelled, at: now)
    return true
  }

  /// Ends the command without a result.
  mutating func end(_ state: CommandView.State, at now: Double) {
    self.state = state
    endedAt = now
  }

  /// Ends the command with a result.
  mutating func end(with result: AgentEvent.Result, at now: Double) {
    resultCode = result.code
    end(Self.state(of: result, wasCancelled: cancelRequestedAt != nil), at: now)
  }

  private static func state(of result: AgentEvent.Result, wasCancelled: Bool) -> CommandView.State {
    switch (ResultPayload.Status(rawValue: result.status), result.code) {
    case (.completed, _): .completed
    case (_, ResultPayload.Code.cancelled.rawValue): .cancelled
    // The probe after a cancellation is expired on purpose.
    case (.rejected, ResultPayload.Code.expired.rawValue): wasCancelled ? .cancelled : .expired
    case (.rejected, _): .rejected
    case (.failed, _), (nil, _): .failed
    }
  }

  /// The view of the command, without its result.
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
