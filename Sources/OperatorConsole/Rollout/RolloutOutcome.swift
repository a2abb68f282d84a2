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
  /// The platform's view of the command, where it got that far.
  let view: JSONValue?

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
  }

  /// A command that did not get to an end that is known.
  init(agent: String, name: String, command: String, error: ConsoleError) {
    self.agent = agent
    self.name = name
    self.command = command
    self.message = error.message
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
    object.append("view", ifPresent: view)
    return .object(object)
  }
}
