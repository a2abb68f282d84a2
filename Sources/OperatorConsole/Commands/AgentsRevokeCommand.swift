import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl agents revoke`
struct AgentsRevokeCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Revoke an agent's tokens and close its connection.",
    discussion: """
      EXAMPLES
        plsctl agents revoke web-1 --reason 'machine sold'
        plsctl agents revoke 0b5e3a52 --yes
      """)

  @OptionGroup var options: ConsoleOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Option(help: "The reason, for the audit record.") var reason: String?
  @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let target = try await session.resolve(agent, hostname: .always, isReported: false)
    try session.confirm("revoke agent \(target)", isAgreed: yes)
    let result = try await session.client.call(
      .agentsRevoke, Requests.Revoke(agent: target.uuid, reason: reason))
    try session.output.show(result) {
      [TerminalText.line("agent \(target) is revoked; its connection is closed")]
    }
    return .done
  }
}
