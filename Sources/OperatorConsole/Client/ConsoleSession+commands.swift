import AgentProtocol
import JSON
import PlatformAPI

extension ConsoleSession {
  /// What to send.
  struct Order: Sendable {
    /// Who is to do it.
    let agent: ResolvedAgent
    /// What is to be done.
    var operation: String
    /// With what.
    var params: JSONValue?
    /// How long to wait when nothing was said.
    var patience: DurationArgument = .init(seconds: 60)
    /// Its own id.
    let id = MessageID.random()

    init(_ agent: ResolvedAgent, _ operation: String, _ params: JSONValue? = nil) {
      self.agent = agent
      self.operation = operation
      self.params = params
    }
  }

  /// Sends a command, waits for its end, and shows that.
  ///
  /// - Throws: as ``PlatformClient/run(_:patience:accepted:)`` does.
  func carryOut(_ order: Order, _ delivery: DeliveryOptions) async throws -> ExitStatus {
    if delivery.noWait {
      let view = try await client.submit(request(for: order, delivery))
      try output.show(view) { ["\(order.id)  accepted; plsctl commands wait \(order.id)"] }
      return .done
    }
    let view = try await end(of: order, delivery)
    return try conclude(view, agent: order.agent.name)
  }

  /// Sends a command and waits for its end.
  ///
  /// - Throws: as ``PlatformClient/run(_:patience:accepted:)`` does.
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

  /// A command that is abandoned must not run later: it expires when its operator stops waiting, unless they said otherwise.
  func request(for order: Order, _ delivery: DeliveryOptions) -> Requests.Submit {
    let patience = options.timeout ?? order.patience
    return Requests.Submit(
      agent: order.agent.uuid, operation: order.operation, params: order.params,
      timeoutS: options.timeout.map { min($0.seconds, 86_400) },
      expiresInS: (delivery.expires ?? (delivery.noWait ? nil : patience)).map { min($0.seconds, 604_800) },
      id: order.id)
  }

  /// The answer of an agent whose time ran out comes a little later than that.
  private static let grace = Duration.seconds(3)

  /// When an agent that a command waits for is looked at first.
  private static let firstLook = Duration.milliseconds(500)
  /// How often it is looked at after that.
  private static let lookInterval = Duration.seconds(2)

  /// Reports on standard error that nothing is heard from the agent, as soon as that is so, and every half a minute after.
  ///
  /// - Parameter deadline: When the waiting ends.
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
        // The command itself reports what is wrong; it may be over.
        continue
      }
    }
  }

  /// Shows how a command ended.
  ///
  /// - Returns: what to exit with.
  func conclude(_ view: JSONValue, agent: String) throws -> ExitStatus {
    let ending = try CommandEnding(view)
    try output.show(view) { ResultText.lines(of: ending, console: console) }
    if let complaint = ending.complaint { console.note("\(agent): \(complaint)") }
    return ending.status
  }
}
