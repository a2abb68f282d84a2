import JSON
import PlatformAPI

/// Renders commands as text.
enum CommandText {
  /// The details of one command without its output.
  static func lines(of ending: CommandEnding, console: Console) -> [String] {
    let view = ending.view
    var facts = Facts(console.palette())
    facts.add("id", view.id)
    facts.add("agent", view.agent)
    facts.add("operation", view.operation)
    facts.add("params", view.params == .null ? nil : PrettyJSON.line(of: view.params))
    facts.add("state", view.state.rawValue, tone(of: view.state))
    facts.add("submitted", "\(Figures.time(view.submittedAt)) by \(view.submittedBy)")
    facts.add("expires", Figures.time(Double(view.expiresAt)))
    facts.add("sent", view.attempts == 1 ? "once" : "\(view.attempts) times")
    facts.add(
      "ended", view.endedAt.map { "\(Figures.time($0)), after \(Figures.duration($0 - view.submittedAt))" })
    facts.add("code", ending.code)
    facts.add("message", ending.message)
    return facts.lines
  }

  /// The colour of a state.
  static func tone(of state: CommandView.State) -> Palette.Tone {
    switch state {
    case .completed: .good
    case .failed, .rejected: .bad
    case .expired, .cancelled, .unknown: .warning
    case .pending, .sent: .accent
    }
  }
}
