import ArgumentParser
import PlatformAPI

/// `plsctl agents enroll-token`
struct AgentsEnrollTokenCommand: PlatformCommand {
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
