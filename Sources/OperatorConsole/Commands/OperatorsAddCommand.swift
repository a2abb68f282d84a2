import ArgumentParser
import PlatformAPI

/// `plsctl operators add`
struct OperatorsAddCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Make an operator and its token, or give a known one a new token.",
    discussion: """
      The token is shown this once.

      EXAMPLES
        plsctl operators add alice --role viewer
        plsctl operators add ci --role operator -o json | jq -r .token
      """)

  @OptionGroup var options: ConsoleOptions
  @Argument(help: "1 to 32 small letters, digits, - and _, beginning with a letter.") var name: String
  @Option(
    help:
      "viewer looks, operator also sends commands, admin does everything; a known operator keeps its role.")
  var role: OperatorRole?

  func validate() throws {
    guard OperatorName.isValid(name) else {
      throw ValidationError(
        "\(name.debugDescription) is no operator's name: 1 to 32 small letters, digits, - and _, beginning with a letter"
      )
    }
  }

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let request = Requests.Operator(name: name, role: role)
    try await session.showCall(.operatorsAdd, request, as: Requests.IssuedToken.self) { issued in
      var facts = Facts(session.console.palette())
      facts.add("operator", issued.subject)
      facts.add("role", role?.rawValue)
      facts.add("token", issued.token)
      return facts.lines + [
        "", "The token is shown this once. For the operator:",
        "plsctl context add NAME --url \(TerminalText.line(session.context.url)) --operator \(TerminalText.line(issued.subject))",
      ]
    }
    return .done
  }
}
