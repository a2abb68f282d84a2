import AgentProtocol
import JSON
import PlatformAPI

extension ConsoleSession {
  /// A command to submit.
  struct Submission: Sendable {
    /// The agent that executes it.
    let agent: ResolvedAgent
    /// The name of the operation.
    var operation: String
    /// The parameters of the operation.
    var params: JSONValue?
    /// How long to wait without `--timeout`.
    var timeout: DurationArgument = .init(seconds: 60)
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
  /// - Throws: The errors of ``PlatformClient/run(_:timeout:accepted:)``.
  func execute(_ submission: Submission, _ delivery: DeliveryOptions) async throws -> ExitStatus {
    if delivery.noWait {
      let view = try await client.submit(request(for: submission, delivery))
      try output.show(view) { ["\(submission.id)  accepted; plsctl commands wait \(submission.id)"] }
      return .done
    }
    let view = try await outcome(of: submission, delivery)
    return try printOutcome(view, agent: submission.agent.name)
  }

  /// Submits a command and waits for its outcome.
  ///
  /// - Returns: The ``CommandView`` as JSON.
  /// - Throws: The errors of ``PlatformClient/run(_:timeout:accepted:)``.
  func outcome(of submission: Submission, _ delivery: DeliveryOptions) async throws -> JSONValue {
    let request = request(for: submission, delivery)
    let timeout = (options.timeout ?? submission.timeout).duration + Self.grace
    let hint =
      "--timeout waits longer, --no-wait not at all, "
      + (delivery.expires == nil ? "and it expires then" : "and it stays valid")
    return try await withThrowingTaskGroup(of: JSONValue?.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await client.run(request, timeout: timeout) }
      group.addTask {
        await reportSilence(of: submission.agent, until: .now + timeout, hint: hint)
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
  func request(for submission: Submission, _ delivery: DeliveryOptions) -> Requests.Submit {
    let timeout = options.timeout ?? submission.timeout
    return Requests.Submit(
      agent: submission.agent.uuid, operation: submission.operation, params: submission.params,
      timeoutS: options.timeout.map { min($0.seconds, 86_400) },
      expiresInS: (delivery.expires ?? (delivery.noWait ? nil : timeout)).map { min($0.seconds, 604_800) },
      id: submission.id)
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
          console.report(line)
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
  func printOutcome(_ view: JSONValue, agent: String) throws -> ExitStatus {
    let outcome = try CommandOutcome(view)
    try output.show(view) { ResultText.lines(of: outcome, console: console) }
    if let diagnostic = outcome.diagnostic { console.report("\(agent): \(diagnostic)") }
    return outcome.status
  }
}
