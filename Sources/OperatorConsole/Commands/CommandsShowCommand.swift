import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl commands show`
struct CommandsShowCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a command and its result.",
    discussion: """
      EXAMPLES
        plsctl commands show 7c1f
        plsctl commands show 7c1f -o json | jq -r .result.output.stdout
      """)

  @OptionGroup var options: ConsoleOptions
  @Argument(help: "The id, or a prefix of it.") var id: String

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let result = try await session.client.call(.commandsShow, Requests.Command(id: id))
    try session.output.show(result) {
      let outcome = try CommandOutcome(result)
      var lines = CommandText.lines(of: outcome, console: session.console)
      if let output = outcome.output, output != .null { lines += ["output"] + ResultText.generic(output) }
      return lines
    }
    return .done
  }
}
