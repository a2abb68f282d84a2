import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl audit`
struct Audit: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "List the audit record, newest first.",
    discussion: """
      EXAMPLES
        plsctl audit
        plsctl audit --agent web-1 -n 20
        plsctl audit --by alice --since 24h
        plsctl audit --action 'agents.*'
      """)

  @OptionGroup var options: ConsoleOptions
  @Option(help: "Only entries about this agent, command or operator.") var object: String?
  @Option(help: "Only entries about this agent.", completion: AgentArgument.completion) var agent: String?
  @Option(help: "Only actions of this operator, or of platform.") var by: String?
  @Option(help: "Only this action, such as commands.submit; a * matches any characters.") var action: String?
  @Option(help: ArgumentHelp("Only entries no older than this.", valueName: DurationArgument.valueName))
  var since: DurationArgument?
  @Option(name: [.customShort("n"), .long], help: "The maximum number of entries, 1 to 1000.") var limit = 100

  func validate() throws {
    guard (1...1000).contains(limit) else { throw ValidationError("--limit takes 1 to 1000") }
    guard agent == nil || object == nil else {
      throw ValidationError("--agent and --object exclude each other")
    }
  }

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    // The agent is resolved first, so that an ambiguous or unknown name is an error instead of an empty list.
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
          .init(NumberFormat.time(entry.at)), .init(entry.by), .init(entry.action), .init(entry.object),
          .init(OperationText.details(of: entry)))
      }
      return entries.isEmpty ? ["no entries"] : session.output.lines(of: table)
    }
    return .done
  }
}
