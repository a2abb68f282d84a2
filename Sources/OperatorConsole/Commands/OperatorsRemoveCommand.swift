import ArgumentParser
import PlatformAPI

/// `plsctl operators remove`
struct OperatorsRemoveCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Remove an operator, revoke its token and close its connections.",
    discussion: """
      EXAMPLES
        plsctl operators remove alice --yes
      """)

  @OptionGroup var options: ConsoleOptions
  @Argument(help: "The operator's name.") var name: String
  @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    try session.confirm("remove operator \(name)", isAgreed: yes)
    let result = try await session.client.call(.operatorsRemove, Requests.Operator(name: name))
    try session.output.show(result) { ["operator \(TerminalText.line(name)) is removed"] }
    return .done
  }
}
