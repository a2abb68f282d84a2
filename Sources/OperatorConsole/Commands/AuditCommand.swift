import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl audit`
struct AuditCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Who did what, the newest first.",
    discussion: """
      EXAMPLES
        plsctl audit
        plsctl audit --agent web-1 -n 20
        plsctl audit --by alice --since 24h
        plsctl audit --action 'agents.*'
      """)

  @OptionGroup var options: ConsoleOptions
  @Option(help: "Only what was done to this agent, command or operator.") var object: String?
  @Option(help: "Only what was done to this agent.", completion: AgentArgument.completion) var agent: String?
  @Option(help: "Only what this operator did, or platform.") var by: String?
  @Option(help: "Only this action, as commands.submit; a * stands for any characters.") var action: String?
  @Option(help: ArgumentHelp("Only what was done since so long ago.", valueName: DurationArgument.valueName))
  var since: DurationArgument?
  @Option(name: [.customShort("n"), .long], help: "At most so many, 1 to 1000.") var limit = 100

  func validate() throws {
    guard (1...1000).contains(limit) else { throw ValidationError("--limit takes 1 to 1000") }
    guard agent == nil || object == nil else {
      throw ValidationError("--agent and --object both say what it was done to: give one")
    }
  }

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    // An agent is looked up, so that a name that fits several ones or none is an error and not an empty list.
    var subject = object
    if let agent { subject = try await session.resolve(agent, isReported: false).uuid }
    let request = Requests.ListAudit(
      object: subject, by: by, action: action, sinceS: since?.seconds, limit: limit)
    try await session.showCall(.auditList, request, as: [AuditEntry].self) { entries in
      var table = Table([
        .init("TIME"), .init("BY"), .init("ACTION", isKey: true), .init("OBJECT", .prefix(8)),
        .init("DETAILS", .cut(30), isKey: true),
      ])
      for entry in entries {
        table.add(
          .init(Figures.time(entry.at)), .init(entry.by), .init(entry.action), .init(entry.object),
          .init(OperationText.details(of: entry)))
      }
      return entries.isEmpty ? ["nothing"] : session.output.lines(of: table)
    }
    return .done
  }
}
