import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl operators add`
struct OperatorsAddCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Add an operator and issue its token, or replace the token of an existing one.",
    discussion: """
      The token is only shown once. Replacing a token revokes the old one and closes its connections: plsctl asks first, and
      requires --replace if there is no terminal to ask on.

      EXAMPLES
        plsctl operators add alice --role viewer
        plsctl operators add alice --replace
        plsctl operators add ci --role operator -o json | jq -r .token
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var trust: TrustOptions
  @Argument(help: "1 to 32 lower case letters, digits, - and _, starting with a letter.") var name: String
  @Option(
    help:
      "viewer: read only; operator: also commands; admin: everything. (default for an existing operator: its role)"
  )
  var role: OperatorRole?
  @Flag(help: "Replace the token of an existing operator without asking.") var replace = false

  func validate() throws {
    guard OperatorName.isValid(name) else {
      throw ValidationError(
        "\(name.debugDescription) is not an operator name: 1 to 32 lower case letters, digits, - and _, starting with a letter"
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

  /// Adds the operator. The platform decides whether it exists, so that an operator added concurrently is not replaced.
  private func add(_ session: ConsoleSession) async throws -> JSONValue {
    do throws(PlatformFailure) {
      return try await session.client.sendRetryingOnce(
        .operatorsAdd, Requests.Operator(name: name, role: role, replace: replace))
    } catch {
      guard !replace, case .refused(let refusal) = error, refusal.code == .conflict else {
        throw error.consoleError(operatorName: session.context.operatorName, method: .operatorsAdd)
      }
      guard session.console.canAsk else {
        throw ConsoleError(.usage, refusal.message + "; use --replace to replace it")
      }
      session.console.report(refusal.message)
    }
    try session.confirm("replace the token of operator \(name)", isAgreed: false)
    return try await session.client.call(
      .operatorsAdd, Requests.Operator(name: name, role: role, replace: true))
  }
}
