import AgentProtocol
import ArgumentParser
import JSON
import Locks
import NATS
import NIOCore
import PlatformAPI

/// `plsctl exec`
struct Exec: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec", abstract: "Run a program of the agent's allowlist.",
    usage: "plsctl exec [<options>] <agent> -- <path> [<args> ...]",
    discussion: """
      No shell is involved. The exit code is that of the program if it ran.

      EXAMPLES
        plsctl exec web-1 -- /usr/bin/uptime
        plsctl exec web-1 --stream --timeout 10m -- /usr/local/bin/backup --full
        plsctl exec web-1 -- /usr/bin/df -h /
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Flag(help: "Show the output while the program runs.") var stream = false
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Argument(parsing: .postTerminator, help: "After --: the absolute path of the program, and its arguments.")
  var command: [String] = []

  func validate() throws {
    guard let program = command.first else {
      throw ValidationError("which program? plsctl exec AGENT -- /path/of/program arguments")
    }
    guard program.hasPrefix("/") else {
      throw ValidationError(
        "\(program.debugDescription) is not an absolute path, and agents do not search PATH: AGENT -- /path/of/program arguments"
      )
    }
  }

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    var params: JSONObject = [
      "command": .string(command[0]), "args": .array(command.dropFirst().map(JSONValue.string)),
    ]
    let isLive = stream && !delivery.noWait && options.output == .table
    if isLive { params.append("stream", true) }
    let target = try await session.resolve(agent)
    let submission = ConsoleSession.Submission(target, "exec", .object(params))
    if delivery.noWait { return try await session.execute(submission, delivery) }
    let shown = RemoteOutput(console: session.console)
    let view =
      isLive
      ? try await follow(submission, shown, session)
      : try await session.outcome(of: submission, delivery)
    let outcome = try CommandOutcome(view)
    if options.output == .table {
      shown.complete(with: outcome.output)
    } else {
      try session.output.show(view) { [] }
    }
    // A program that exits with a code has reported its errors itself.
    if outcome.exitCode == nil || outcome.isTruncated, let diagnostic = outcome.diagnostic {
      session.console.report("\(target.name): \(diagnostic)")
    }
    return outcome.status
  }

  /// Prints the output while the command runs.
  private func follow(
    _ submission: ConsoleSession.Submission, _ shown: RemoteOutput, _ session: ConsoleSession
  ) async throws -> JSONValue {
    guard let identity = AgentUUID(submission.agent.uuid) else {
      throw ConsoleError(.unreachable, "the platform's answer has no valid agent uuid")
    }
    let events = try session.client.subscribe(to: AgentSubjects(identity).events)
    defer { events.unsubscribe() }
    let view = try await withThrowingTaskGroup(of: JSONValue?.self) { group in
      defer { group.cancelAll() }
      group.addTask {
        for await message in events {
          shown.receive(Array(message.payload.readableBytesView), command: submission.id)
        }
        return nil
      }
      group.addTask { try await session.outcome(of: submission, delivery) }
      while let view = try await group.next() {
        if let view { return view }
      }
      throw ConsoleError(.interrupted, "interrupted")
    }
    return view
  }
}
