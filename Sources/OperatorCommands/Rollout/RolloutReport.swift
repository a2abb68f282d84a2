import Encoding
import JSON
import PlatformAPI

/// Prints the plan and the outcomes of a rollout.
struct RolloutReport: Sendable {
  /// The operation that is executed on each agent.
  let operation: RolloutOperation
  /// The selected agents.
  let selection: RolloutSelection

  /// A summary such as `1 first, then 3 batches`.
  func plan(of rollout: Rollout, canary: Int) -> String {
    let batches = "\(rollout.batches) batch\(rollout.batches == 1 ? "" : "es")"
    return canary > 0 ? "\(min(canary, rollout.total)) first, then \(batches)" : batches
  }

  /// Prints the commands of a rollout in order of execution, without sending any.
  ///
  /// - Returns: The exit status.
  func showPlan(of rollout: Rollout, _ session: ConsoleSession) throws -> ExitStatus {
    let names = AgentDisplayNames.names(of: selection.chosen)
    let steps = Self.steps(of: rollout)
    let agents = steps.map { step -> JSONValue in
      [
        "agent": .string(step.agent), "name": .string(names[ExactString(step.agent)] ?? step.agent),
        "batch": JSONValue(step.batch),
      ]
    }
    var json = summary(completed: 0, failed: 0, isStopped: false)
    json.append("dry_run", true)
    json.append("params", operation.params ?? .object(JSONObject()))
    json.append("agents", .array(agents))
    try session.output.show(.object(json)) {
      var table = Table([
        .init("BATCH", isRight: true), .init("UUID", .prefix(8), isKey: true),
        .init("HOSTNAME", .cut(12), isKey: true),
      ])
      let hostnames = selection.chosen.reduce(into: [ExactString: String]()) {
        $0[ExactString($1.uuid)] = $1.hostname
      }
      for step in steps {
        table.add(
          .init(step.batch == 0 ? "canary" : "\(step.batch)"), .init(step.agent),
          .init(hostnames[ExactString(step.agent)])
        )
      }
      return session.output.lines(of: table)
    }
    session.console.report(
      (["would send \(operation.text) to \(steps.count) agents"] + leftOut).joined(separator: "; "))
    return .done
  }

  /// The agents in order of execution if all succeed, each with its batch number; 0 for canaries.
  private static func steps(of rollout: Rollout) -> [(agent: String, batch: Int)] {
    var rollout = rollout
    var steps: [(String, Int)] = []
    while true {
      let agents = rollout.next()
      if agents.isEmpty { return steps }
      let batch = if case .batch(let number) = rollout.phase { number } else { 0 }
      for agent in agents {
        steps.append((agent, batch))
        rollout.ended(agent, hasSucceeded: true)
      }
    }
  }

  /// The outcomes as JSON.
  func json(_ outcomes: [RolloutOutcome], _ rollout: Rollout) -> JSONValue {
    var json = summary(
      completed: rollout.succeeded.count, failed: rollout.failed.count, isStopped: !rollout.notStarted.isEmpty
    )
    json.append("agents", .array(outcomes.map(\.json)))
    json.append("not_started", .array(rollout.notStarted.map(JSONValue.string)))
    return .object(json)
  }

  private func summary(completed: Int, failed: Int, isStopped: Bool) -> JSONObject {
    func uuids(_ agents: [AgentView]) -> JSONValue { .array(agents.map { .string($0.uuid) }) }
    return [
      "operation": .string(operation.name), "stopped": .bool(isStopped), "completed": JSONValue(completed),
      "failed": JSONValue(failed), "done_before": JSONValue(selection.done.count),
      "silent": uuids(selection.silent), "pending": uuids(selection.pending),
      "revoked": uuids(selection.revoked),
    ]
  }

  /// `left out: 2 silent, 2005 never connected`; empty if no agent was left out.
  private var leftOut: [String] {
    selection.leftOut.isEmpty ? [] : ["left out: " + selection.leftOut.joined(separator: ", ")]
  }

  /// Prints the outcomes of a rollout.
  ///
  /// - Parameter record: The path of the record, if there is one.
  /// - Returns: The exit status.
  func summarise(
    _ outcomes: [RolloutOutcome], _ rollout: Rollout, record: String?, _ session: ConsoleSession
  ) throws -> ExitStatus {
    try session.output.show(json(outcomes, rollout)) {
      var table = Table([
        .init("AGENT", .cut(12), isKey: true), .init("STATE", isKey: true), .init("COMMAND", .prefix(8)),
        .init("RESULT", .cut(20), isKey: true),
      ])
      for outcome in outcomes {
        table.add(
          .init(outcome.name), .init(outcome.state, outcome.hasSucceeded ? .good : .bad),
          .init(outcome.command), .init(outcome.summary))
      }
      return session.output.lines(of: table)
    }
    var counts = ["\(rollout.succeeded.count) done", "\(rollout.failed.count) failed"]
    if !selection.done.isEmpty { counts.append("\(selection.done.count) done before") }
    if !rollout.notStarted.isEmpty { counts.append("\(rollout.notStarted.count) not started") }
    session.console.report(([counts.joined(separator: ", ")] + leftOut).joined(separator: "; "))
    if !rollout.notStarted.isEmpty {
      session.console.report(
        record.map { "stopped; repeat the same command to continue with the rest, recorded in \($0)" }
          ?? "stopped; not_started of -o json lists the rest; a run with --record can be resumed")
    }
    guard rollout.failed.isEmpty, rollout.notStarted.isEmpty else { return .failed }
    return selection.isPartial ? .leftOut : .done
  }
}
