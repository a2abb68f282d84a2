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
        plsctl audit --object web-1 -n 20
      """)

  @OptionGroup var options: ConsoleOptions
  @Option(help: "Only what was done to this agent, command or operator.") var object: String?
  @Option(name: [.customShort("n"), .long], help: "At most so many, 1 to 1000.") var limit = 100

  func validate() throws {
    guard (1...1000).contains(limit) else { throw ValidationError("--limit takes 1 to 1000") }
  }

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let request = Requests.ListAudit(object: object, limit: limit)
    try await session.showCall(.auditList, request, as: [AuditEntry].self) { entries in
      var table = Table([
        .init("TIME"), .init("BY"), .init("ACTION"), .init("OBJECT", .prefix(8)), .init("DETAILS", .cut(10)),
      ])
      for entry in entries {
        table.add(
          .init(Figures.time(entry.at)), .init(entry.by), .init(entry.action), .init(entry.object),
          .init(entry.details == .null ? "" : PrettyJSON.line(of: entry.details)))
      }
      return entries.isEmpty ? ["nothing"] : session.output.lines(of: table)
    }
    return .done
  }
}
