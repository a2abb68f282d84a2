import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl commands wait`
struct CommandsWaitCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Wait for a command to finish and show its result.",
    discussion: """
      The exit code is that of the command.

      EXAMPLES
        plsctl commands wait 7c1f --timeout 10m
      """)

  @OptionGroup var options: ConsoleOptions
  @Argument(help: "The id, or a prefix of it.") var id: String

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let known = try await session.client.call(.commandsShow, Requests.Command(id: id))
    let whole = try CommandEnding(known).view.id
    let patience = options.timeout?.duration ?? .seconds(60)
    let agent = try await session.resolve(CommandEnding(known).view.agent, isReported: false)
    let view = try await withThrowingTaskGroup(of: JSONValue?.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await session.client.wait(for: whole, patience: patience) }
      group.addTask {
        await session.reportSilence(of: agent, until: .now + patience, hint: "--timeout waits longer")
        return nil
      }
      while let view = try await group.next() {
        if let view { return view }
      }
      throw ConsoleError(.interrupted, "interrupted")
    }
    let ending = try CommandEnding(view)
    if ending.view.operation == "exec", options.output == .table {
      RemoteOutput(console: session.console).complete(with: ending.output)
      if ending.exitCode == nil, let complaint = ending.complaint { session.console.note(complaint) }
      return ending.status
    }
    return try session.conclude(view, agent: ending.view.agent)
  }
}
