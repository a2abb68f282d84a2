import ArgumentParser
import PlatformAPI

/// `plsctl agents enrolments`
struct AgentsEnrolmentsCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "enrolments", abstract: "List the unused enrollment tokens.",
    discussion: """
      EXAMPLES
        plsctl agents enrolments
      """)

  @OptionGroup var options: ConsoleOptions

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    try await session.showCall(.enrollmentsList, NoParameters(), as: [Requests.EnrollmentView].self) {
      enrolments in
      if enrolments.isEmpty { return ["none"] }
      var table = Table([.init("ID"), .init("CREATED BY"), .init("VALID UNTIL"), .init("LABELS", .cut(10))])
      for enrolment in enrolments {
        table.add(
          .init(enrolment.id), .init(enrolment.createdBy), .init(NumberFormat.time(enrolment.expiresAt)),
          .init(LabelArguments.text(enrolment.labels)))
      }
      return session.output.lines(of: table)
    }
    return .done
  }
}
