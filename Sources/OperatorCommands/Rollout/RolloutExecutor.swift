import AgentProtocol
import Encoding
import JSON
import Locks
import PlatformAPI

/// Executes a rollout: submits the commands of each batch and records their outcomes.
struct RolloutExecutor: Sendable {
  let session: ConsoleSession
  /// The operation that is executed on each agent.
  let operation: String
  /// The parameters of the operation.
  let params: JSONValue?
  /// How long to wait for each command.
  let timeout: DurationArgument
  /// The expiry of the commands.
  let delivery: DeliveryOptions
  /// The record for resumption, if there is one.
  let record: RolloutRecord?

  /// Runs the rollout until it is over.
  ///
  /// - Parameter names: Host names by uuid.
  /// - Returns: The outcomes of the started agents, and the final state of the rollout.
  /// - Throws: `noPermission`, `interrupted`, or `usage` if the record cannot be written.
  func run(
    _ rollout: Rollout, names: [ExactString: String]
  ) async throws -> (outcomes: [RolloutOutcome], rollout: Rollout) {
    var rollout = rollout
    var outcomes: [RolloutOutcome] = []
    let progress = Locked(RolloutProgress(session.console))
    defer { progress.withLock { $0.end() } }
    while true {
      let batch = rollout.next()
      if batch.isEmpty { return (outcomes, rollout) }
      progress.withLock { $0.draw(rollout) }
      try await withThrowingTaskGroup(of: RolloutOutcome?.self) { group in
        defer { group.cancelAll() }
        let running = Locked(Set(batch.map { ExactString($0) }))
        for agent in batch {
          group.addTask { try await work(on: agent, name: names[ExactString(agent)] ?? agent) }
        }
        group.addTask {
          await reportSilence(of: running, names: names) { line in progress.withLock { $0.report(line) } }
          return nil
        }
        while !rollout.running.isEmpty, let outcome = try await group.next() {
          guard let outcome else { continue }
          rollout.ended(outcome.agent, hasSucceeded: outcome.hasSucceeded)
          outcomes.append(outcome)
          running.withLock { _ = $0.remove(ExactString(outcome.agent)) }
          progress.withLock { progress in
            progress.ended(outcome)
            progress.draw(rollout)
          }
        }
      }
    }
  }

  /// The maximum number of agents of a batch that are queried at once: the number of values that a selector accepts.
  private static let maximumQueriedAgents = 200

  /// Periodically reports which of the running agents are silent.
  private func reportSilence(
    of running: Locked<Set<ExactString>>, names: [ExactString: String], report: @Sendable (String) -> Void
  ) async {
    var pause = Duration.seconds(1)
    var notice = RolloutSilenceNotice()
    while true {
      do { try await Task.sleep(for: pause) } catch { return }
      pause = .seconds(5)
      let agents = running.withLock { $0.sorted().prefix(Self.maximumQueriedAgents).map(\.text) }
      guard !agents.isEmpty else { continue }
      do throws(ConsoleError) {
        let views = try await session.client.agents(selector: "uuid in (\(agents.joined(separator: ",")))")
          .agents
        if let line = notice.line(for: views, names: names, at: session.console.now()) { report(line) }
      } catch {
        // The tasks that run the commands report the error.
        continue
      }
    }
  }

  private func work(on agent: String, name: String) async throws -> RolloutOutcome {
    // A command that an earlier run submitted keeps its id, so that the platform does not run it twice.
    let before = record?.steps[ExactString(agent)].flatMap { $0.state == "submitted" ? $0.command : nil }
    let id = before ?? MessageID.random()
    if before == nil { try record?.append(agent, .init(command: id, state: "submitted")) }
    let request = Requests.Submit(
      agent: agent, operation: operation, params: params,
      timeoutS: session.options.timeout.map { min($0.seconds, 86_400) },
      expiresInS: min((delivery.expires ?? timeout).seconds, 604_800), id: id)
    let outcome: RolloutOutcome
    do throws(ConsoleError) {
      let view = try await session.client.run(request, timeout: timeout.duration + .seconds(3))
      outcome = RolloutOutcome(agent: agent, name: name, outcome: try CommandOutcome(view), view: view)
    } catch {
      if error.status == .interrupted || error.status == .noPermission { throw error }
      outcome = RolloutOutcome(agent: agent, name: name, command: id, error: error)
    }
    // A command that timed out may still complete. It stays `submitted`, and a resumed run waits for it.
    if outcome.view != nil || outcome.state == "refused" {
      try record?.append(agent, .init(command: id, state: outcome.state))
    }
    return outcome
  }
}
