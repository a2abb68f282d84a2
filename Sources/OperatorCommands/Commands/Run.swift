import ArgumentParser
import Encoding
import JSON
import PlatformAPI

/// `plsctl run`
struct Run: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Execute an operation on many agents, in canaries and batches.",
    discussion: """
      A batch starts when all agents of the previous one have finished. No batch starts after a canary or --max-failures \
      agents have failed. Agents that are silent or have never connected are listed and left out; the exit code is then 6 if \
      all others completed. With --record, an interrupted run can be resumed: the same command line skips the agents that have \
      completed. --dry-run shows what would be sent, and to which agents.

      A parameter value that is valid JSON is parsed, any other value is text.

      EXAMPLES
        plsctl run --selector env=prod --canary 1 --batch 10 --max-failures 2 services.restart name=nginx
        plsctl run -l 'tier=web,region in (eu-1)' --batch 25% --record web-update.jsonl system.update
        plsctl run exec -l env=prod --dry-run -- /usr/bin/uptime -p
        plsctl run --all --yes -o json exec -- /usr/bin/uptime | jq '.agents[].message'
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var target: RolloutTarget
  @Option(help: "The number of agents to start with; all of them must succeed.") var canary = 0
  @Option(help: ArgumentHelp("The number of agents per batch.", valueName: "number|share%"))
  var batch = BatchSize.agents(10)
  @Option(help: "The number of failed agents that stops the run.") var maxFailures = 1
  @Option(
    help: ArgumentHelp(
      "How long a command may wait for its agent. (default: as long as plsctl waits)",
      valueName: DurationArgument.valueName))
  var expires: DurationArgument?
  @Option(help: "A file that records the progress, so that the run can be resumed.", completion: .file())
  var record: String?
  @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
  @Flag(help: "Show what would be sent, and to which agents; send nothing.") var dryRun = false
  @Argument(help: "The operation, such as services.restart.") var operation: String
  @Argument(help: "The parameters, such as name=nginx; for exec: -- /path/of/program and its arguments.")
  var parameters: [String] = []

  func validate() throws {
    guard canary >= 0 else { throw ValidationError("--canary takes 0 or more") }
    guard maxFailures >= 1 else { throw ValidationError("--max-failures takes 1 or more") }
  }

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let action = try RolloutOperation(operation, parameters)
    let record = try record.map { (path) throws(ConsoleError) in
      try RolloutRecord(path: path, operation: operation, params: action.params, isReadOnly: dryRun)
    }
    let selection = try await select(session, record)
    let agents = selection.chosen.map(\.uuid)
    let rollout = Rollout(agents, .init(canary: canary, batch: batch, maxFailures: maxFailures))
    let report = RolloutReport(operation: action, selection: selection)
    if dryRun { return try report.showPlan(of: rollout, session) }
    if selection.chosen.isEmpty {
      try session.output.show(report.json([], rollout)) { [] }
      session.console.report("all \(selection.done.count) agents are done according to the record")
      return selection.isPartial ? .leftOut : .done
    }
    session.console.report(
      "\(action.text) on \(Self.count(agents.count)): \(AgentDisplayNames.identities(of: selection.chosen, limit: 20))"
    )
    let names = AgentDisplayNames.names(of: selection.chosen)
    let shown = agents.prefix(8).map { names[ExactString($0)] ?? $0 }.joined(separator: ", ")
    let more = agents.count > 8 ? " and \(agents.count - 8) more" : ""
    try session.confirm(
      "run \(action.text) on \(Self.count(agents.count)), \(shown)\(more) (\(report.plan(of: rollout, canary: canary)))",
      isAgreed: yes)

    let seconds = operation == "system.update" ? 35 * 60 : 60
    var delivery = try DeliveryOptions.unset
    delivery.expires = expires
    let run = RolloutExecutor(
      session: session, operation: operation, params: action.params,
      timeout: options.timeout ?? DurationArgument(seconds: Int64(seconds)), delivery: delivery,
      record: record)
    let (outcomes, ended) = try await run.run(rollout, names: names)
    return try report.summarise(outcomes, ended, record: self.record, session)
  }

  private static func count(_ agents: Int) -> String { "\(agents) agent\(agents == 1 ? "" : "s")" }

  private func select(_ session: ConsoleSession, _ record: RolloutRecord?) async throws -> RolloutSelection {
    let agents = try await session.client.agents(selector: target.selector).agents
    let selection = RolloutSelection(
      agents, includesSilent: target.includeSilent, includesPending: target.includePending,
      steps: record?.steps ?? [:])
    func reportLeftOut(_ reason: String, _ option: String, _ agents: [AgentView]) {
      guard !agents.isEmpty else { return }
      let names = agents.prefix(20).map { $0.hostname ?? $0.uuid }.joined(separator: ", ")
      let more = agents.count > 20 ? " and \(agents.count - 20) more" : ""
      session.console.report("left out, as they \(reason) (\(option) includes them): \(names)\(more)")
    }
    reportLeftOut("are silent", "--include-silent", selection.silent)
    reportLeftOut("have never connected", "--include-pending", selection.pending)
    guard !selection.chosen.isEmpty || !selection.done.isEmpty else {
      throw ConsoleError(
        .notFound,
        selection.leftOut.isEmpty
          ? "no agent matches"
          : "none of the matching agents is alive: \(selection.leftOut.joined(separator: ", "))")
    }
    return selection
  }
}
