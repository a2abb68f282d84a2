import ArgumentParser
import PlatformAPI

/// `plsctl agents enrol-revoke`
struct AgentsEnrolRevokeCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "enrol-revoke", abstract: "Revoke an unused enrollment token.",
    discussion: """
      EXAMPLES
        plsctl agents enrolments
        plsctl agents enrol-revoke 8f3a
      """,
    aliases: ["enroll-revoke"])

  @OptionGroup var options: ConsoleOptions
  @Argument(help: "The id shown by agents enrolments, or a prefix of 4 or more characters.") var id: String

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let result = try await session.client.call(.enrollmentsRemove, Requests.RemoveEnrollment(id: id))
    try session.output.show(result) { ["enrollment token \(TerminalText.line(id)) is revoked"] }
    return .done
  }
}
