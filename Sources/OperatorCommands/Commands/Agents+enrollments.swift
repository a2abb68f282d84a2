import ArgumentParser
import PlatformAPI

extension Agents {
  /// `plsctl agents enroll-token`
  struct EnrollToken: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "enroll-token", abstract: "Create a token that enrolls the first agent that uses it.",
      discussion: """
        EXAMPLES
          plsctl agents enroll-token --label env=prod --ttl 1h
          plsctl agents enroll-token -o json | jq -r .token
        """)

    @OptionGroup var options: ConsoleOptions
    @OptionGroup var file: AgentFileOptions
    @Option(help: "A label of the new agent, such as env=prod; can be repeated.") var label: [String] = []
    @Option(
      help: ArgumentHelp(
        "How long the token can be used. (default: 24h)", valueName: DurationArgument.valueName))
    var ttl: DurationArgument?

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      let labels = try LabelArguments.parse(label).set
      let request = Requests.CreateEnrollment(labels: labels.isEmpty ? nil : labels, ttlS: ttl?.seconds)
      let connection = try IssuedTokenText.Connection(session.context, file)
      try await session.showCall(.enrollmentsCreate, request, as: Requests.IssuedToken.self) { issued in
        IssuedTokenText.enrollment(issued, connection, palette: session.console.palette())
      }
      return .done
    }
  }

  /// `plsctl agents enrollments`
  struct Enrollments: PlatformCommand {
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

  /// `plsctl agents enroll-revoke`
  struct EnrollRevoke: PlatformCommand {
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
}
