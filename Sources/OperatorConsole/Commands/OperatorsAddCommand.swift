import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl operators add`
struct OperatorsAddCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Make an operator and its token, or give a known one a new token.",
    discussion: """
      The token is shown this once. A known operator's new token ends the old one and its connections: plsctl asks first, and
      needs --replace where there is no terminal to ask on.

      EXAMPLES
        plsctl operators add alice --role viewer
        plsctl operators add alice --replace
        plsctl operators add ci --role operator -o json | jq -r .token
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var trust: TrustOptions
  @Argument(help: "1 to 32 small letters, digits, - and _, beginning with a letter.") var name: String
  @Option(
    help:
      "viewer looks, operator also sends commands, admin does everything; a known operator keeps its role.")
  var role: OperatorRole?
  @Flag(help: "Do not ask before a known operator's token is replaced.") var replace = false

  func validate() throws {
    guard OperatorName.isValid(name) else {
      throw ValidationError(
        "\(name.debugDescription) is no operator's name: 1 to 32 small letters, digits, - and _, beginning with a letter"
      )
    }
  }

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let authority = try trust.authority(of: session.context)
    let result = try await add(session)
    try session.output.show(result) {
      IssuedTokenText.operator(
        try PlatformClient.decode(Requests.IssuedToken.self, from: result, of: .operatorsAdd), role: role,
        session.context, authority, palette: session.console.palette())
    }
    return .done
  }

  /// Adds the operator. The platform itself decides whether it is a known one, so that nothing is replaced that was added a
  /// moment ago by somebody else.
  private func add(_ session: ConsoleSession) async throws -> JSONValue {
    do throws(PlatformFailure) {
      return try await session.client.askTwice(
        .operatorsAdd, Requests.Operator(name: name, role: role, replace: replace))
    } catch {
      guard !replace, case .refused(let refusal) = error, refusal.code == .conflict else {
        throw error.consoleError(operatorName: session.context.operatorName, method: .operatorsAdd)
      }
      guard session.console.canAsk else {
        throw ConsoleError(.usage, refusal.message + "; --replace does it")
      }
      session.console.note(refusal.message)
    }
    try session.confirm("replace the token of operator \(name)", isAgreed: false)
    return try await session.client.call(
      .operatorsAdd, Requests.Operator(name: name, role: role, replace: true))
  }
}
