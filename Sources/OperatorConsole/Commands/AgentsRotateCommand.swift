import ArgumentParser
import PlatformAPI

/// `plsctl agents rotate`
struct AgentsRotateCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Issue a new token for an agent; the old one stays valid for a grace period.",
    discussion: """
      The new token is only shown once, in an agent.yaml to paste.

      EXAMPLES
        plsctl agents rotate web-1
        plsctl agents rotate web-1 --grace 10m -o json | jq -r .token
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var file: AgentFileOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Option(
    help: ArgumentHelp(
      "How long the old token stays valid; 0s revokes it now. (default: 24h)",
      valueName: DurationArgument.valueName))
  var grace: String?
  @Option(
    help: "A file with the new token, - for standard input. (default: a generated token)",
    completion: .file())
  var tokenFile: String?

  func validate() throws {
    guard let grace, DurationArgument.orZero(grace) == nil else { return }
    throw ValidationError("--grace \(grace) is not a duration: write 0s, 10m, 24h")
  }

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let token = try tokenFile.map { (file) throws(ConsoleError) in
      try SecretFile.read(file, on: session.console)
    }
    let seconds = grace.map { DurationArgument.orZero($0)?.seconds ?? 0 }
    let target = try await session.resolve(agent, hostname: .always, isReported: false)
    let connection = try IssuedTokenText.Connection(session.context, file)
    let request = Requests.Rotate(agent: target.uuid, graceS: seconds, token: token)
    try await session.showCall(.agentsRotate, request, as: Requests.IssuedToken.self) { issued in
      var lines = IssuedTokenText.agent(
        issued, hostname: target.hostname, connection, palette: session.console.palette())
      if let until = issued.until {
        lines.append("\nThe old token is valid until \(NumberFormat.time(until)).")
      }
      return lines
    }
    return .done
  }
}
