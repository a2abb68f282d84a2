import JSON
import PlatformAPI

/// Renders commands as text.
enum CommandText {
  /// The details of one command without its output.
  static func lines(of outcome: CommandOutcome, console: Console) -> [String] {
    let view = outcome.view
    var rows = KeyValueTable(console.palette())
    rows.add("id", view.id)
    rows.add("agent", view.agent)
    rows.add("operation", view.operation)
    rows.add("params", view.params == .null ? nil : PrettyJSON.line(of: view.params))
    rows.add("state", view.state.rawValue, tone(of: view.state))
    rows.add("submitted", "\(NumberFormat.time(view.submittedAt)) by \(view.submittedBy)")
    rows.add("expires", NumberFormat.time(Double(view.expiresAt)))
    rows.add("sent", view.attempts == 1 ? "once" : "\(view.attempts) times")
    rows.add(
      "ended",
      view.endedAt.map { "\(NumberFormat.time($0)), after \(NumberFormat.duration($0 - view.submittedAt))" })
    rows.add("code", outcome.code)
    rows.add("message", outcome.message)
    return rows.lines
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
