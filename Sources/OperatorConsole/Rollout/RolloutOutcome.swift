import JSON
import PlatformAPI

/// How a run ended on one agent.
struct RolloutOutcome: Sendable {
  /// The agent's uuid.
  let agent: String
  /// Its host name, else the uuid.
  let name: String
  /// The command's id.
  let command: String
  /// The state of the command, or why there is none: `refused`, `timed_out`, `unreachable`.
  let state: String
  /// One line on what came of it.
  let message: String
  /// The last lines that the operation wrote to standard error where it did not complete: at most 5 of 200 characters.
  let errorLines: [String]
  /// The platform's view of the command, where it got that far.
  let view: JSONValue?

  /// ``message``, with the last line of standard error where it failed.
  var summary: String {
    guard let line = errorLines.last, !message.contains(line) else { return message }
    return message.isEmpty ? line : "\(message): \(line)"
  }

  /// Whether it did what was asked.
  var hasSucceeded: Bool { state == CommandView.State.completed.rawValue }

  /// A command that ended.
  init(agent: String, name: String, ending: CommandEnding, view: JSONValue) {
    self.agent = agent
    self.name = name
    self.command = ending.view.id
    self.state = ending.view.state.rawValue
    self.view = view
    let stdout = ending.output?.objectValue?["stdout"]?.stringValue ?? ""
    let lastLine = stdout.split(whereSeparator: \.isNewline).last.map(String.init)
    message =
      ending.complaint ?? lastLine ?? ending.output?.objectValue?["message"]?.stringValue ?? ""
    errorLines = ending.view.state == .completed ? [] : Self.errorLines(of: ending.output)
  }

  /// The end of what an operation wrote to standard error, whichever of its programs wrote last.
  private static func errorLines(of output: JSONValue?) -> [String] {
    let texts = ["upgrade_stderr", "update_stderr", "stderr"].lazy.compactMap {
      output?.objectValue?[$0]?.stringValue
    }
    let text = texts.first { !$0.allSatisfy(\.isWhitespace) } ?? ""
    return text.split(whereSeparator: \.isNewline).suffix(5).map { DisplayWidth.fit(String($0), into: 200) }
  }

  /// A command that did not get to an end that is known.
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

  /// As JSON: ours, as the platform knows of commands, not of runs.
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
