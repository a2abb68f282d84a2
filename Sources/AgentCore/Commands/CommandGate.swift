import AgentProtocol
import JSON

/// The security boundary: the only place that can create an ``AdmittedCommand``, and only admitted commands are executed.
///
/// Its decisions depend on the decoded message and the local policy alone. No I/O.
struct CommandGate: Sendable {
  private let agent: AgentUUID
  private let catalogue: Catalogue
  private let policy: CommandPolicy

  /// Creates a gate for the commands of one agent.
  init(agent: AgentUUID, catalogue: Catalogue, policy: CommandPolicy) {
    self.agent = agent
    self.catalogue = catalogue
    self.policy = policy
  }

  /// Decodes a command, independent of the policy.
  ///
  /// - Throws: ``Refusal``, to be answered with a `rejected` result.
  func read(_ envelope: Envelope) throws(Refusal) -> CommandRequest {
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
    do {
      let payload = try CommandPayload(parsing: envelope.payload)
      return CommandRequest(id: id, payload: payload, sentAt: envelope.timestamp)
    } catch {
      throw Refusal(.invalidParams, error.description)
    }
  }

  /// Admits a command under the policy.
  ///
  /// - Throws: ``Refusal``, to be answered with a `rejected` result.
  func admit(
    _ request: CommandRequest, at reading: ClockReading, by evidence: ClockEvidence = ClockEvidence()
  ) throws(Refusal) -> AdmittedCommand {
    do {
      let verdict = request.payload.expiresAt.map { evidence.verdict(on: $0, at: reading) }
      return try admit(request.payload, id: request.id, expiry: verdict)
    } catch {
      var refusal = error
      refusal.operation = request.payload.operation
      throw refusal
    }
  }

  private func admit(
    _ payload: CommandPayload, id: String, expiry: ClockEvidence.Verdict?
  ) throws(Refusal) -> AdmittedCommand {
    guard let operation = catalogue[payload.operation] else {
      throw Refusal(.unknownOperation, "this agent has no such operation")
    }
    guard policy.allows(payload.operation) else {
      throw Refusal(.notPermitted, "the operation is not listed in agent.allowed_operations")
    }
    switch expiry {
    case nil, .valid?: break
    case .expired?: throw Refusal(.expired, "the command was received after its expires_at")
    // An expired query does no harm.
    case .unknown? where operation.executionMode == .immediate: break
    case .unknown?:
      throw Refusal(
        .busy,
        "the time is not known yet: this machine's clock is not synchronised, and no recent message from the platform confirms it; "
          + "a command with expires_at runs once one of them does")
    }
    return try Self.admit(operation, payload, id: id, policy: policy)
  }

  private static let maximumIDLength = 128

  private static func admit(
    _ operation: some Operation, _ payload: CommandPayload, id: String, policy: CommandPolicy
  ) throws(Refusal) -> AdmittedCommand {
    let parameters = try operation.parameters(from: payload.params, under: policy)
    return AdmittedCommand(
      id: id, operation: payload.operation, executionMode: operation.executionMode,
      isParallel: try flag("parallel", in: payload.params),
      isStreaming: try flag("stream", in: payload.params),
      timeout: payload.timeoutSeconds.map { .seconds($0) }, timeLimit: operation.timeLimit(for: parameters),
      defaultTimeout: operation.defaultTimeout,
      run: { context in await operation.run(parameters, in: context) })
  }

  /// Decodes a boolean parameter that every operation accepts; absent and null mean false.
  private static func flag(_ name: String, in params: JSONObject) throws(Refusal) -> Bool {
    switch params[name] {
    case nil, .null?: return false
    case .bool(let value)?: return value
    case _?: throw Refusal(.invalidParams, "\"\(name)\" must be true or false")
    }
  }
}

/// A command that passed the ``CommandGate``.
struct AdmittedCommand: Sendable {
  /// The command id; empty when it has none.
  let id: String
  /// The operation's name.
  let operation: String
  /// The execution mode of its operation.
  let executionMode: ExecutionMode
  /// Whether it opted out of the order of commands.
  let isParallel: Bool
  /// Whether its output is published while it runs.
  let isStreaming: Bool
  /// The timeout that the command requests.
  let timeout: Duration?
  /// The upper limit of its run time, whatever it requests.
  let timeLimit: Duration?
  /// The timeout without a request and a limit.
  let defaultTimeout: Duration?
  /// Executes the operation.
  let run: @Sendable (CommandContext) async -> OperationOutcome

  fileprivate init(
    id: String, operation: String, executionMode: ExecutionMode, isParallel: Bool, isStreaming: Bool,
    timeout: Duration?,
    timeLimit: Duration?, defaultTimeout: Duration?,
    run: @escaping @Sendable (CommandContext) async -> OperationOutcome
  ) {
    self.id = id
    self.operation = operation
    self.executionMode = executionMode
    self.isParallel = isParallel
    self.isStreaming = isStreaming
    self.timeout = timeout
    self.timeLimit = timeLimit
    self.defaultTimeout = defaultTimeout
    self.run = run
  }

  /// The run time that applies, given the configured default.
  func deadline(default: Duration) -> Duration {
    let wanted = timeout ?? timeLimit ?? defaultTimeout ?? `default`
    return min(wanted, timeLimit ?? wanted)
  }
}
