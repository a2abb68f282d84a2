import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl run`
struct RunCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Have many agents do the same, canaries first, batch after batch.",
    discussion: """
      A batch begins when all of the one before have ended. Nothing new begins once a canary or --max-failures agents have \
      failed. Agents that are silent are listed and left aside. With --record a run that was ended can be gone on with: the \
      same command line again leaves out what has completed.

      A value that is JSON is taken as that, any other as text.

      EXAMPLES
        plsctl run --selector env=prod --canary 1 --batch 10 --max-failures 2 services.restart name=nginx
        plsctl run -l 'tier=web,region in (eu-1)' --batch 25% --record web-update.jsonl system.update
        plsctl run --all --yes exec command=/usr/bin/uptime -o json | jq '.agents[].message'
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var target: RolloutTarget
  @Option(help: "How many agents first, alone; all of them must succeed.") var canary = 0
  @Option(help: ArgumentHelp("How many agents at a time.", valueName: "number|share%"))
  var batch = BatchSize.agents(10)
  @Option(help: "Stop when so many agents have failed.") var maxFailures = 1
  @Option(
    help: ArgumentHelp(
      "How long a command may wait for its agent. (default: as long as plsctl waits)",
      valueName: DurationArgument.valueName))
  var expires: DurationArgument?
  @Option(help: "A file that keeps what is done, to go on with later.", completion: .file()) var record:
    String?
  @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
  @Argument(help: "What is to be done, as services.restart.") var operation: String
  @Argument(help: "Its parameters, as name=nginx.") var parameters: [String] = []

  func validate() throws {
    guard canary >= 0 else { throw ValidationError("--canary takes 0 or more") }
    guard maxFailures >= 1 else { throw ValidationError("--max-failures takes 1 or more") }
  }

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let params = try ParameterArguments.parse(parameters)
    let record = try record.map { (path) throws(ConsoleError) in
      try RolloutRecord(path: path, operation: operation, params: params)
    }
    let selection = try await select(session, record)
    let agents = selection.chosen.map(\.uuid)
    let rollout = Rollout(agents, .init(canary: canary, batch: batch, maxFailures: maxFailures))
    if selection.chosen.isEmpty {
      try session.output.show(report([], rollout, selection)) { [] }
      session.console.note("all \(selection.done.count) agents are done, by the record")
      return .done
    }
    let batches = "\(rollout.batches) batch\(rollout.batches == 1 ? "" : "es")"
    let plan = canary > 0 ? "\(canary) first, then \(batches)" : batches
    try session.confirm("run \(operation) on \(agents.count) agents (\(plan))", isAgreed: yes)

    let seconds = operation == "system.update" ? 35 * 60 : 60
    var delivery = try DeliveryOptions.unset
    delivery.expires = expires
    let run = RolloutRun(
      session: session, operation: operation, params: params,
      patience: options.timeout ?? DurationArgument(seconds: Int64(seconds)), delivery: delivery,
      record: record)
    let names = AgentNaming.names(of: selection.chosen)
    let (outcomes, ended) = try await run.run(rollout, names: names)
    return try summarise(outcomes, ended, selection, session)
  }

  private func select(_ session: ConsoleSession, _ record: RolloutRecord?) async throws -> RolloutSelection {
    let agents = try await session.client.agents(selector: target.selector).agents
    let selection = RolloutSelection(
      agents, includesSilent: target.includeSilent, steps: record?.steps ?? [:])
    if !selection.silent.isEmpty {
      let names = selection.silent.prefix(20).map { $0.hostname ?? $0.uuid }.joined(separator: ", ")
      let more = selection.silent.count > 20 ? " and \(selection.silent.count - 20) more" : ""
      session.console.note("left aside, as they are silent (--include-silent takes them): \(names)\(more)")
    }
    guard !selection.chosen.isEmpty || !selection.done.isEmpty else {
      throw ConsoleError(
        .notFound, selection.silent.isEmpty ? "no agent is picked" : "none of the agents picked is alive")
    }
    return selection
  }

  private func report(
    _ outcomes: [RolloutOutcome], _ rollout: Rollout, _ selection: RolloutSelection
  ) -> JSONValue {
    [
      "operation": .string(operation), "stopped": .bool(!rollout.notStarted.isEmpty),
      "completed": JSONValue(rollout.succeeded.count), "failed": JSONValue(rollout.failed.count),
      "done_before": JSONValue(selection.done.count),
      "agents": .array(outcomes.map(\.json)),
      "not_started": .array(rollout.notStarted.map(JSONValue.string)),
      "silent": .array(selection.silent.map { .string($0.uuid) }),
    ]
  }

  private func summarise(
    _ outcomes: [RolloutOutcome], _ rollout: Rollout, _ selection: RolloutSelection,
    _ session: ConsoleSession
  ) throws -> ExitStatus {
    try session.output.show(report(outcomes, rollout, selection)) {
      var table = Table([
        .init("AGENT", .cut(12)), .init("STATE"), .init("COMMAND", .prefix(8)), .init("RESULT", .cut(10)),
      ])
      for outcome in outcomes {
        table.add(
          .init(outcome.name), .init(outcome.state, outcome.hasSucceeded ? .good : .bad),
          .init(outcome.command), .init(outcome.message))
      }
      return session.output.lines(of: table)
    }
    var summary = ["\(rollout.succeeded.count) done", "\(rollout.failed.count) failed"]
    if !selection.silent.isEmpty { summary.append("\(selection.silent.count) silent") }
    if !selection.done.isEmpty { summary.append("\(selection.done.count) done before") }
    if !rollout.notStarted.isEmpty { summary.append("\(rollout.notStarted.count) not started") }
    session.console.note(summary.joined(separator: ", "))
    if !rollout.notStarted.isEmpty {
      session.console.note(
        record.map { "stopped; the same command goes on with the rest, by \($0)" }
          ?? "stopped; not_started of -o json names the rest, --record makes a run that can be gone on with")
    }
    return rollout.failed.isEmpty && rollout.notStarted.isEmpty ? .done : .failed
  }
}
