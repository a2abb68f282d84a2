import JSON
import PlatformAPI

/// The outcome of a rollout on one agent.
struct RolloutOutcome: Sendable {
  /// The agent's uuid.
  let agent: String
  /// The host name, or the uuid if it is not known.
  let name: String
  /// The command's id.
  let command: String
  /// The final state of the command; `refused`, `timed_out` or `unreachable` if it is not known.
  let state: String
  /// A one-line summary of the result.
  let message: String
  /// The last lines of standard error of an operation that did not complete: at most 5, each at most 200 columns wide.
  let errorLines: [String]
  /// The platform's view of the command, if it is known.
  let view: JSONValue?

  /// ``message``, followed by the last line of standard error if there is one.
  var summary: String {
    guard let line = errorLines.last, !message.contains(line) else { return message }
    return message.isEmpty ? line : "\(message): \(line)"
  }

  /// Whether the command completed.
  var hasSucceeded: Bool { state == CommandView.State.completed.rawValue }

  /// The outcome of a command that finished.
  init(agent: String, name: String, outcome: CommandOutcome, view: JSONValue) {
    self.agent = agent
    self.name = name
    self.command = outcome.view.id
    self.state = outcome.view.state.rawValue
    self.view = view
    let stdout = outcome.output?.objectValue?["stdout"]?.stringValue ?? ""
    let lastLine = stdout.split(whereSeparator: \.isNewline).last.map(String.init)
    message =
      outcome.diagnostic ?? lastLine ?? outcome.output?.objectValue?["message"]?.stringValue ?? ""
    errorLines = outcome.view.state == .completed ? [] : Self.errorLines(of: outcome.output)
  }

  /// The last lines of standard error, of the last program of the operation that wrote any.
  private static func errorLines(of output: JSONValue?) -> [String] {
    let texts = ["upgrade_stderr", "update_stderr", "stderr"].lazy.compactMap {
      output?.objectValue?[$0]?.stringValue
    }
    let text = texts.first { !$0.allSatisfy(\.isWhitespace) } ?? ""
    return text.split(whereSeparator: \.isNewline).suffix(5).map { DisplayWidth.fit(String($0), into: 200) }
  }

  /// The outcome of a command whose final state is not known.
  init(agent: String, name: String, command: String, error: ConsoleError) {
    self.agent = agent
    self.name = name
    self.command = command
    self.message = error.message
    self.errorLines = []
    self.view = nil
    switch error.status {
    case .timedOut: state = "timed_out"
    case .unreachable: state = "unreachable"
    default: state = "refused"
    }
  }

  /// The outcome as JSON. The format is defined by `plsctl`; the platform has no rollouts.
  var json: JSONValue {
    var object: JSONObject = [
      "agent": .string(agent), "name": .string(name), "command": .string(command),
      "state": .string(state), "message": .string(message),
    ]
    if !errorLines.isEmpty { object.append("stderr", .array(errorLines.map(JSONValue.string))) }
    object.append("view", ifPresent: view)
    return .object(object)
  }
}
