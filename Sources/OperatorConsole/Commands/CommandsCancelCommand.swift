import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl commands cancel`
struct CommandsCancelCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Cancel a command, also while it runs.",
    discussion: """
      EXAMPLES
        plsctl commands cancel 7c1f
      """)

  @OptionGroup var options: ConsoleOptions
  @Argument(help: "The id, or a prefix of it.") var id: String

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let result = try await session.client.call(.commandsCancel, Requests.Command(id: id))
    try session.output.show(result) {
      let view = try CommandOutcome(result).view
      return [
        view.state.isFinal
          ? TerminalText.line("\(view.id) is \(view.state.rawValue)")
          : TerminalText.line("\(view.id) is being cancelled: plsctl commands wait \(view.id)")
      ]
    }
    return .done
  }
}
