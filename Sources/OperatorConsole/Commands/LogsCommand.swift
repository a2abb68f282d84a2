import AgentProtocol
import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl logs`
struct LogsCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "The last lines of a unit's journal.",
    discussion: """
      With --follow also the lines that are written from then on, asked for every 3 to 15 s, until Ctrl-C. A unit that the machine does
      not have ends with exit code 3.

      EXAMPLES
        plsctl logs web-1 nginx
        plsctl logs web-1 ssh.service -n 20
        plsctl logs web-1 nginx --since 1h
        plsctl logs web-1 nginx -f
      """)

  /// The most lines of one command.
  private static let mostLines = 1000
  /// How long it takes from one look at the journal to the next.
  private static let pollInterval = Duration.seconds(3)
  private static let longestPollInterval = Duration.seconds(15)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Argument(help: "The unit; .service may be left out.") var unit: String
  @Option(name: [.customShort("n"), .customLong("lines")], help: "How many lines, 1 to 1000.")
  var lines = 100
  @Option(help: ArgumentHelp("Only lines since so long ago.", valueName: DurationArgument.valueName))
  var since: DurationArgument?
  @Flag(name: .shortAndLong, help: "Go on with the lines that are written.") var follow = false

  func validate() throws {
    guard (1...Self.mostLines).contains(lines) else { throw ValidationError("--lines takes 1 to 1000") }
    guard !follow || !delivery.noWait else {
      throw ValidationError("--follow waits for lines: leave --no-wait out")
    }
  }

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let target = try await session.resolve(agent)
    var params: JSONObject = ["unit": .string(unit), "lines": JSONValue(lines)]
    params.append("since_s", ifPresent: since.map { .integer($0.seconds) })
    if delivery.noWait {
      return try await session.carryOut(.init(target, "logs.tail", .object(params)), delivery)
    }
    if follow { params.append("cursor", "") }
    var (status, journal) = try await look(target, params, session, isFirst: true)
    // Where the journal is empty, all that is written is new.
    var place = ""
    var pause = Self.pollInterval
    while follow, status == .done {
      guard journal.cursor != nil || journal.lines.isEmpty else {
        throw ConsoleError(.refused, "\(target.name): this version of the agent cannot follow a journal")
      }
      place = journal.cursor ?? place
      pause = journal.lines.isEmpty ? min(pause * 2, Self.longestPollInterval) : Self.pollInterval
      try await PlatformClient.pause(pause)
      params = ["unit": .string(unit), "lines": JSONValue(Self.mostLines), "cursor": .string(place)]
      do throws(ConsoleError) {
        (status, journal) = try await look(target, params, session, isFirst: false)
      } catch {
        // The agent may be back later; Ctrl-C ends it.
        guard error.status == .timedOut else { throw error }
        session.console.note("\(target.name): \(error.message)")
      }
    }
    return status
  }

  /// What a command has read.
  private struct Journal {
    var lines: [JSONValue] = []
    /// The place after the last line; nil where it was not reported.
    var cursor: String?
  }

  /// Reads the journal once, and shows it.
  private func look(
    _ target: ResolvedAgent, _ params: JSONObject, _ session: ConsoleSession, isFirst: Bool
  ) async throws(ConsoleError) -> (ExitStatus, Journal) {
    do {
      let view = try await session.end(of: .init(target, "logs.tail", .object(params)), delivery)
      let ending = try CommandEnding(view)
      let output = ending.output?.objectValue
      let journal = Journal(
        lines: output?["lines"]?.arrayValue ?? [],
        // The agent chose it, and it goes into the next command.
        cursor: output?["cursor"]?.stringValue.flatMap { JournalCursor.isValid($0) ? $0 : nil })
      if !isFirst, ending.isTruncated {
        session.console.note("\(target.name): more was written than fits; earlier lines are left out")
      }
      if isFirst || !journal.lines.isEmpty || ending.status != .done {
        try show(view, ending, session)
      }
      if let complaint = ending.complaint { session.console.note("\(target.name): \(complaint)") }
      guard isFirst, ending.view.state == .completed, output?["unit_found"]?.boolValue == false else {
        return (ending.status, journal)
      }
      let name = output?["unit"]?.stringValue ?? unit
      session.console.note("\(target.name): there is no unit \(name)")
      return (.notFound, journal)
    } catch let error as ConsoleError {
      throw error
    } catch {
      throw ConsoleError(.interrupted, "interrupted")
    }
  }

  private func show(_ view: JSONValue, _ ending: CommandEnding, _ session: ConsoleSession) throws {
    let lines = ResultText.lines(of: ending, console: session.console)
    if follow {
      try session.output.showNext(view) { lines }
    } else {
      try session.output.show(view) { lines }
    }
  }
}
