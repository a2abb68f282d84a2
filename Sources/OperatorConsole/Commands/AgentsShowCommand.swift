import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl agents show`
struct AgentsShowCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the details of one agent.",
    discussion: """
      EXAMPLES
        plsctl agents show web-1
        plsctl agents show 0b5e -o json | jq .capabilities
      """)

  @OptionGroup var options: ConsoleOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let result = try await session.client.call(.agentsShow, Requests.Agent(agent: agent))
    try session.output.show(result) {
      let detail = try PlatformClient.decode(AgentDetail.self, from: result, of: .agentsShow)
      return AgentText.lines(
        of: detail, telemetry: result.objectValue?["telemetry"], console: session.console)
    }
    return .done
  }
}
