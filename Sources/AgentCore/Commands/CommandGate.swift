import AgentProtocol
import JSON

/// The security boundary: nothing runs that did not pass here, and nothing else can make an ``AdmittedCommand``.
///
/// It decides on the decoded message and the local policy alone, without I/O.
struct CommandGate: Sendable {
  private let agent: AgentUUID
  private let catalogue: Catalogue
  private let policy: CommandPolicy

  /// A gate for the commands of one agent.
  init(agent: AgentUUID, catalogue: Catalogue, policy: CommandPolicy) {
    self.agent = agent
    self.catalogue = catalogue
    self.policy = policy
  }

  /// Lets a command pass, or says why not.
  ///
  /// - Throws: ``Refusal``, to be answered with a `rejected` result.
  func admit(_ envelope: Envelope, at time: GateTime) throws(Refusal) -> AdmittedCommand {
    let id = envelope.id
    guard id.utf8.count <= Self.maximumIDLength, id.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw Refusal(
        .invalidParams, "\"id\" must be at most \(Self.maximumIDLength) printable ASCII characters")
    }
    if let field = envelope.malformedFields.first {
      throw Refusal(.invalidParams, "\"\(field)\" of the envelope has the wrong type")
    }
    guard envelope.type.isEmpty || envelope.type == Envelope.MessageType.command.rawValue else {
      throw Refusal(.invalidParams, "the message is no command")
    }
    guard envelope.agentUUID.isEmpty || agent.matches(envelope.agentUUID) else {
      throw Refusal(.invalidParams, "the command is addressed to another agent")
    }
    let payload: CommandPayload
    do {
      payload = try CommandPayload(parsing: envelope.payload)
    } catch {
      throw Refusal(.invalidParams, error.description)
    }
    do {
      return try admit(payload, id: id, sentAt: envelope.timestamp, at: time)
    } catch {
      var refusal = error
      refusal.operation = payload.operation
      throw refusal
    }
  }

  private func admit(
    _ payload: CommandPayload, id: String, sentAt: Int64?, at time: GateTime
  ) throws(Refusal) -> AdmittedCommand {
    guard let operation = catalogue[payload.operation] else {
      throw Refusal(.unknownOperation, "this agent has no such operation")
    }
    guard policy.allows(payload.operation) else {
      throw Refusal(.notPermitted, "the operation is not listed in agent.allowed_operations")
    }
    if let expiresAt = payload.expiresAt, time.isPast(expiresAt, sentAt: sentAt) {
      throw Refusal(.expired, "the command came after its expires_at")
    }
    return try Self.admit(operation, payload, id: id, policy: policy)
  }

  private static let maximumIDLength = 128

  private static func admit(
    _ operation: some Operation, _ payload: CommandPayload, id: String, policy: CommandPolicy
  ) throws(Refusal) -> AdmittedCommand {
    let parameters = try operation.parameters(from: payload.params, under: policy)
    var isParallel = false
    switch payload.params["parallel"] {
    case nil, .null?: break
    case .bool(let value)?: isParallel = value
    case _?: throw Refusal(.invalidParams, "\"parallel\" must be true or false")
    }
    return AdmittedCommand(
      id: id, operation: payload.operation, pace: operation.pace, isParallel: isParallel,
      timeout: payload.timeoutSeconds.map { .seconds($0) }, timeLimit: operation.timeLimit(for: parameters),
      run: { context in await operation.run(parameters, in: context) })
  }
}

/// A command that passed the gate.
struct AdmittedCommand: Sendable {
  /// The command's id; empty when it has none.
  let id: String
  /// The operation's name.
  let operation: String
  /// Whether it waits its turn.
  let pace: Pace
  /// Whether it asked not to wait for the commands before it.
  let isParallel: Bool
  /// The time-out that the command asked for.
  let timeout: Duration?
  /// The longest that it may take, whatever it asked for.
  let timeLimit: Duration?
  /// Does it.
  let run: @Sendable (CommandContext) async -> OperationOutcome

  fileprivate init(
    id: String, operation: String, pace: Pace, isParallel: Bool, timeout: Duration?, timeLimit: Duration?,
    run: @escaping @Sendable (CommandContext) async -> OperationOutcome
  ) {
    self.id = id
    self.operation = operation
    self.pace = pace
    self.isParallel = isParallel
    self.timeout = timeout
    self.timeLimit = timeLimit
    self.run = run
  }

  /// How long it may run, given the configured default.
  func deadline(default: Duration) -> Duration {
    let wanted = timeout ?? timeLimit ?? `default`
    return min(wanted, timeLimit ?? wanted)
  }
}
