import AgentProtocol
import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl logs`
struct Logs: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Show the last lines of a unit's journal.",
    discussion: """
      --follow also shows new lines, polled every 3 to 15 s, until Ctrl-C. The exit code is 3 if the unit does not exist.

      EXAMPLES
        plsctl logs web-1 nginx
        plsctl logs web-1 ssh.service -n 20
        plsctl logs web-1 nginx --since 1h
        plsctl logs web-1 nginx -f
      """)

  /// The maximum number of lines of one command.
  private static let maximumLines = 1000
  /// The interval between reads of the journal, doubled up to the longest one while there are no new lines.
  private static let pollInterval = Duration.seconds(3)
  private static let longestPollInterval = Duration.seconds(15)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Argument(help: "The unit; .service can be omitted.") var unit: String
  @Option(name: [.customShort("n"), .customLong("lines")], help: "The number of lines, 1 to 1000.")
  var lines = 100
  @Option(help: ArgumentHelp("Only lines no older than this.", valueName: DurationArgument.valueName))
  var since: DurationArgument?
  @Flag(name: .shortAndLong, help: "Show new lines as they are written.") var follow = false

  func validate() throws {
    guard (1...Self.maximumLines).contains(lines) else { throw ValidationError("--lines takes 1 to 1000") }
    guard !follow || !delivery.noWait else {
      throw ValidationError("--follow and --no-wait exclude each other")
    }
  }

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let target = try await session.resolve(agent)
    var params: JSONObject = ["unit": .string(unit), "lines": JSONValue(lines)]
    params.append("since_s", ifPresent: since.map { .integer($0.seconds) })
    if delivery.noWait {
      return try await session.execute(.init(target, "logs.tail", .object(params)), delivery)
    }
    if follow { params.append("cursor", "") }
    var (status, journal) = try await readJournal(target, params, session, isFirst: true)
    // An empty cursor reads from the start: every line of an empty journal is new.
    var place = ""
    var pause = Self.pollInterval
    while follow, status == .done {
      guard journal.cursor != nil || journal.lines.isEmpty else {
        throw ConsoleError(.refused, "\(target.name): this version of the agent cannot follow a journal")
      }
      place = journal.cursor ?? place
      pause = journal.lines.isEmpty ? min(pause * 2, Self.longestPollInterval) : Self.pollInterval
      try await PlatformClient.pause(pause)
      params = ["unit": .string(unit), "lines": JSONValue(Self.maximumLines), "cursor": .string(place)]
      do throws(ConsoleError) {
        (status, journal) = try await readJournal(target, params, session, isFirst: false)
      } catch {
        // The agent may reconnect later. The operator ends the loop with Ctrl-C.
        guard error.status == .timedOut else { throw error }
        session.console.report("\(target.name): \(error.message)")
      }
    }
    return status
  }

  /// The result of one read.
  private struct Journal {
    var lines: [JSONValue] = []
    /// The cursor after the last line; nil if the agent did not report one.
    var cursor: String?
  }

  /// Reads the journal once and prints the lines.
  private func readJournal(
    _ target: ResolvedAgent, _ params: JSONObject, _ session: ConsoleSession, isFirst: Bool
  ) async throws(ConsoleError) -> (ExitStatus, Journal) {
    do {
      let view = try await session.outcome(of: .init(target, "logs.tail", .object(params)), delivery)
      let outcome = try CommandOutcome(view)
      let output = outcome.output?.objectValue
      let journal = Journal(
        lines: output?["lines"]?.arrayValue ?? [],
        // The cursor comes from the agent and becomes a parameter of the next command.
        cursor: output?["cursor"]?.stringValue.flatMap { JournalCursor.isValid($0) ? $0 : nil })
      if !isFirst, outcome.isTruncated {
        session.console.report(
          "\(target.name): too many new lines for one result; earlier lines are left out")
      }
      if isFirst || !journal.lines.isEmpty || outcome.status != .done {
        try show(view, outcome, session)
      }
      if let diagnostic = outcome.diagnostic { session.console.report("\(target.name): \(diagnostic)") }
      guard isFirst, outcome.view.state == .completed, output?["unit_found"]?.boolValue == false else {
        return (outcome.status, journal)
      }
      let name = output?["unit"]?.stringValue ?? unit
      session.console.report("\(target.name): there is no unit \(name)")
      return (.notFound, journal)
    } catch let error as ConsoleError {
      throw error
    } catch {
      throw ConsoleError(.interrupted, "interrupted")
    }
  }

  private func show(_ view: JSONValue, _ outcome: CommandOutcome, _ session: ConsoleSession) throws {
    let lines = ResultText.lines(of: outcome, console: session.console)
    if follow {
      try session.output.showNext(view) { lines }
    } else {
      try session.output.show(view) { lines }
    }
  }
}
