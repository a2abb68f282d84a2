import ArgumentParser
import PlatformAPI

/// `plsctl agents enroll-revoke`
struct AgentsEnrollRevokeCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "enroll-revoke", abstract: "Revoke an unused enrollment token.",
    discussion: """
      EXAMPLES
        plsctl agents enrollments
        plsctl agents enroll-revoke 8f3a
      """)

  @OptionGroup var options: ConsoleOptions
  @Argument(help: "The id shown by agents enrollments, or a prefix of 4 or more characters.") var id: String

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let result = try await session.client.call(.enrollmentsRemove, Requests.RemoveEnrollment(id: id))
    try session.output.show(result) { ["enrollment token \(TerminalText.line(id)) is revoked"] }
    return .done
  }
}
