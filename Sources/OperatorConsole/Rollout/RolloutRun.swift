import AgentProtocol
import JSON
import Locks
import PlatformAPI

/// Carries a rollout out: sends the commands that it says are next, and tells it how they ended.
struct RolloutRun: Sendable {
  /// The connection.
  let session: ConsoleSession
  /// What every agent is to do.
  let operation: String
  /// With what.
  let params: JSONValue?
  /// How long each may take.
  let patience: DurationArgument
  /// Whether commands may wait for their agents longer.
  let delivery: DeliveryOptions
  /// Where it is written down.
  let record: RolloutRecord?

  /// Runs it to its end.
  ///
  /// - Parameter names: host names, by uuid.
  /// - Returns: how each ended that was begun, and the rollout as it stands then.
  /// - Throws: what makes all further commands pointless; interrupted.
  func run(
    _ rollout: Rollout, names: [String: String]
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
        let running = Locked(Set(batch))
        for agent in batch {
          group.addTask { try await work(on: agent, name: names[agent] ?? agent) }
        }
        group.addTask {
          await reportSilence(of: running, names: names) { line in progress.withLock { $0.note(line) } }
          return nil
        }
        while !rollout.running.isEmpty, let outcome = try await group.next() {
          guard let outcome else { continue }
          rollout.ended(outcome.agent, hasSucceeded: outcome.hasSucceeded)
          outcomes.append(outcome)
          running.withLock { _ = $0.remove(outcome.agent) }
          progress.withLock { progress in
            progress.ended(outcome)
            progress.draw(rollout)
          }
        }
      }
    }
  }

  /// The most agents of a batch that are looked at together: so many values a selector takes.
  private static let lookedAt = 200

  /// Reports from time to time from which of the agents that are waited for nothing is heard.
  private func reportSilence(
    of running: Locked<Set<String>>, names: [String: String], report: @Sendable (String) -> Void
  ) async {
    var pause = Duration.seconds(1)
    var notice = RolloutSilenceNotice()
    while true {
      do { try await Task.sleep(for: pause) } catch { return }
      pause = .seconds(5)
      let agents = running.withLock { $0.sorted().prefix(Self.lookedAt) }
      guard !agents.isEmpty else { continue }
      do throws(ConsoleError) {
        let views = try await session.client.agents(selector: "uuid in (\(agents.joined(separator: ",")))")
          .agents
        if let line = notice.line(for: views, names: names, at: session.console.now()) { report(line) }
      } catch {
        // The commands themselves report what is wrong.
        continue
      }
    }
  }

  private func work(on agent: String, name: String) async throws -> RolloutOutcome {
    // A command that an earlier run sent and did not see the end of is sent with its id again: it is the same one.
    let before = record?.steps[agent].flatMap { $0.state == "submitted" ? $0.command : nil }
    let id = before ?? MessageID.random()
    if before == nil { try record?.note(agent, .init(command: id, state: "submitted")) }
    let request = Requests.Submit(
      agent: agent, operation: operation, params: params,
      timeoutS: session.options.timeout.map { min($0.seconds, 86_400) },
      expiresInS: min((delivery.expires ?? patience).seconds, 604_800), id: id)
    let outcome: RolloutOutcome
    do throws(ConsoleError) {
      let view = try await session.client.run(request, patience: patience.duration + .seconds(3))
      outcome = RolloutOutcome(agent: agent, name: name, ending: try CommandEnding(view), view: view)
    } catch {
      if error.status == .interrupted || error.status == .noPermission { throw error }
      outcome = RolloutOutcome(agent: agent, name: name, command: id, error: error)
    }
    // What timed out may still end, and is waited for when the run is gone on with.
    if outcome.view != nil || outcome.state == "refused" {
      try record?.note(agent, .init(command: id, state: outcome.state))
    }
    return outcome
  }
}
