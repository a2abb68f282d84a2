import AgentProtocol
import JSON
import PlatformAPI

extension ConsoleSession {
  /// A command to submit.
  struct Order: Sendable {
    /// The agent that executes it.
    let agent: ResolvedAgent
    /// The name of the operation.
    var operation: String
    /// The parameters of the operation.
    var params: JSONValue?
    /// How long to wait without `--timeout`.
    var patience: DurationArgument = .init(seconds: 60)
    /// The id of the command.
    let id = MessageID.random()

    init(_ agent: ResolvedAgent, _ operation: String, _ params: JSONValue? = nil) {
      self.agent = agent
      self.operation = operation
      self.params = params
    }
  }

  /// Submits a command, waits for its outcome and prints it.
  ///
  /// - Returns: The exit status.
  /// - Throws: The errors of ``PlatformClient/run(_:patience:accepted:)``.
  func carryOut(_ order: Order, _ delivery: DeliveryOptions) async throws -> ExitStatus {
    if delivery.noWait {
      let view = try await client.submit(request(for: order, delivery))
      try output.show(view) { ["\(order.id)  accepted; plsctl commands wait \(order.id)"] }
      return .done
    }
    let view = try await end(of: order, delivery)
    return try conclude(view, agent: order.agent.name)
  }

  /// Submits a command and waits for its outcome.
  ///
  /// - Returns: The ``CommandView`` as JSON.
  /// - Throws: The errors of ``PlatformClient/run(_:patience:accepted:)``.
  func end(of order: Order, _ delivery: DeliveryOptions) async throws -> JSONValue {
    let request = request(for: order, delivery)
    let patience = (options.timeout ?? order.patience).duration + Self.grace
    let hint =
      "--timeout waits longer, --no-wait not at all, "
      + (delivery.expires == nil ? "and it expires then" : "and it stays valid")
    return try await withThrowingTaskGroup(of: JSONValue?.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await client.run(request, patience: patience) }
      group.addTask {
        await reportSilence(of: order.agent, until: .now + patience, hint: hint)
        return nil
      }
      while let view = try await group.next() {
        if let view { return view }
      }
      throw ConsoleError(.interrupted, "interrupted")
    }
  }

  /// The request that submits a command. Without `--expires` the command expires when `plsctl` stops waiting, so that an abandoned
  /// command does not run later.
  func request(for order: Order, _ delivery: DeliveryOptions) -> Requests.Submit {
    let patience = options.timeout ?? order.patience
    return Requests.Submit(
      agent: order.agent.uuid, operation: order.operation, params: order.params,
      timeoutS: options.timeout.map { min($0.seconds, 86_400) },
      expiresInS: (delivery.expires ?? (delivery.noWait ? nil : patience)).map { min($0.seconds, 604_800) },
      id: order.id)
  }

  /// Added to the timeout: an agent reports a command that timed out slightly after the timeout.
  private static let grace = Duration.seconds(3)

  /// The delay before the agent is queried for the first time.
  private static let firstLook = Duration.milliseconds(500)
  /// The interval of the queries after that.
  private static let lookInterval = Duration.seconds(2)

  /// Reports on standard error when the agent becomes silent, and every 30 s while it is.
  ///
  /// - Parameters:
  ///   - deadline: When the command times out.
  ///   - hint: The options that change the timeout.
  func reportSilence(of agent: ResolvedAgent, until deadline: ContinuousClock.Instant, hint: String) async {
    var notice = SilenceNotice()
    var pause = Self.firstLook
    while true {
      do { try await Task.sleep(for: pause) } catch { return }
      pause = Self.lookInterval
      do {
        let view = try await client.agent(agent.uuid).agent
        let left = max(0, (deadline - .now).components.seconds)
        let waits = "for \(left) s more; \(hint)"
        if let line = notice.line(for: view, name: agent.name, at: console.now(), waits: waits) {
          console.note(line)
        }
      } catch {
        // The task that runs the command reports the error.
        continue
      }
    }
  }

  /// Prints the outcome of a command.
  ///
  /// - Returns: The exit status.
  func conclude(_ view: JSONValue, agent: String) throws -> ExitStatus {
    let ending = try CommandEnding(view)
    try output.show(view) { ResultText.lines(of: ending, console: console) }
    if let complaint = ending.complaint { console.note("\(agent): \(complaint)") }
    return ending.status
  }
}
