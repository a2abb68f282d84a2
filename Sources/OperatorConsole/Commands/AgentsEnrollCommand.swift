import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl agents enroll`
struct AgentsEnrollCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "enroll", abstract: "Enroll an agent and issue its token.",
    discussion: """
      The token is only shown once, in an agent.yaml to paste. If the context has a private authority, the agent also needs
      its certificates: --with-ca prints them. A uuid that is already enrolled is a conflict (exit code 4); a revoked one is
      enrolled again.

      EXAMPLES
        plsctl agents enroll --label env=prod --label tier=web
        plsctl agents enroll --uuid 0b5e3a52-6d1c-4a7e-9a55-2f0a3f1c9b11 --token-file ./token
        plsctl agents enroll --with-ca
        plsctl agents enroll -o json | jq -r .token
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var file: AgentFileOptions
  @Option(help: "The agent's uuid. (default: a new one)") var uuid: String?
  @Option(help: "A label, such as env=prod; can be repeated.") var label: [String] = []
  @Option(
    help: "A file with the token, - for standard input. (default: a new token)",
    completion: .file())
  var tokenFile: String?

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let labels = try LabelArguments.parse(label)
    guard labels.remove.isEmpty else { throw ConsoleError(.usage, "a new agent has no labels to remove") }
    let token = try tokenFile.map { (file) throws(ConsoleError) in
      try SecretFile.read(file, on: session.console)
    }
    let request = Requests.Enroll(uuid: uuid, token: token, labels: labels.set.isEmpty ? nil : labels.set)
    let connection = try IssuedTokenText.Connection(session.context, file)
    try await session.showCall(.agentsEnroll, request, as: Requests.IssuedToken.self) { issued in
      IssuedTokenText.agent(issued, connection, palette: session.console.palette())
    }
    return .done
  }
}
