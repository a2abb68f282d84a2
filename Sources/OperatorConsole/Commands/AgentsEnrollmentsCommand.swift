import ArgumentParser
import PlatformAPI

/// `plsctl agents enrollments`
struct AgentsEnrollmentsCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "enrollments", abstract: "List the unused enrollment tokens.",
    discussion: """
      EXAMPLES
        plsctl agents enrollments
      """)

  @OptionGroup var options: ConsoleOptions

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    try await session.showCall(.enrollmentsList, NoParameters(), as: [Requests.EnrollmentView].self) {
      enrollments in
      if enrollments.isEmpty { return ["none"] }
      var table = Table([.init("ID"), .init("CREATED BY"), .init("VALID UNTIL"), .init("LABELS", .cut(10))])
      for enrollment in enrollments {
        table.add(
          .init(enrollment.id), .init(enrollment.createdBy), .init(NumberFormat.time(enrollment.expiresAt)),
          .init(LabelArguments.text(enrollment.labels)))
      }
      return session.output.lines(of: table)
    }
    return .done
  }
}
