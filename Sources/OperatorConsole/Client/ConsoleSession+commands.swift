import AgentProtocol
import JSON
import PlatformAPI

extension ConsoleSession {
  /// What to send.
  struct Order: Sendable {
    /// The agent, as it was named.
    var agent: String
    /// What is to be done.
    var operation: String
    /// With what.
    var params: JSONValue?
    /// How long to wait when nothing was said.
    var patience: DurationArgument = .init(seconds: 60)
    /// Its own id.
    let id = MessageID.random()

    init(_ agent: String, _ operation: String, _ params: JSONValue? = nil) {
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
    return try conclude(view, agent: order.agent)
  }

  /// Sends a command and waits for its end.
  ///
  /// - Throws: as ``PlatformClient/run(_:patience:accepted:)`` does.
  func end(of order: Order, _ delivery: DeliveryOptions) async throws -> JSONValue {
    let request = request(for: order, delivery)
    let patience = (options.timeout ?? order.patience).duration + Self.grace
    return try await withThrowingTaskGroup(of: JSONValue?.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await client.run(request, patience: patience) }
      group.addTask {
        await explainSilence(of: order.agent)
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
      agent: order.agent, operation: order.operation, params: order.params,
      timeoutS: options.timeout.map { min($0.seconds, 86_400) },
      expiresInS: (delivery.expires ?? (delivery.noWait ? nil : patience)).map { min($0.seconds, 604_800) },
      id: order.id)
  }

  /// The answer of an agent whose time ran out comes a little later than that.
  private static let grace = Duration.seconds(3)

  /// Says why it takes so long, when the agent is away.
  private func explainSilence(of agent: String) async {
    do {
      try await Task.sleep(for: .seconds(3))
      let view = try await client.agent(agent).agent
      switch view.status {
      case .alive: return
      case .pending: console.note("\(agent) has never connected; the command waits for it")
      case .silent:
        let age = Figures.age(of: view.lastHeartbeat, now: console.now()) ?? "some time"
        console.note("\(agent) has been silent for \(age); the command waits for it")
      case .revoked: console.note("\(agent) is revoked: it cannot get the command")
      }
    } catch {
      // The command itself tells what is wrong.
      return
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
