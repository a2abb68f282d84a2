import ArgumentParser
import PlatformAPI

/// `plsctl agents enrol-revoke`
struct AgentsEnrolRevokeCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "enrol-revoke", abstract: "Take an enrolment token back that is not used up.",
    discussion: """
      EXAMPLES
        plsctl agents enrolments
        plsctl agents enrol-revoke 8f3a
      """,
    aliases: ["enroll-revoke"])

  @OptionGroup var options: ConsoleOptions
  @Argument(help: "Its id, as agents enrolments shows it, or 4 or more characters of its beginning.") var id:
    String

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let result = try await session.client.call(.enrollmentsRemove, Requests.RemoveEnrollment(id: id))
    try session.output.show(result) { ["enrolment token \(TerminalText.line(id)) is taken back"] }
    return .done
  }
}
