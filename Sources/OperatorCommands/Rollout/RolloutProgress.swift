import PlatformAPI

/// Shows the progress of a rollout: a bar on a terminal, otherwise a line per finished agent.
struct RolloutProgress {
  private let console: Console
  private let palette: Palette
  private var region: LiveRegion

  init(_ console: Console) {
    self.console = console
    palette = console.palette(.error)
    region = LiveRegion(console, .error)
  }

  /// Shows that an agent has finished.
  mutating func ended(_ outcome: RolloutOutcome) {
    guard console.terminal(.error) == nil || !outcome.hasSucceeded else { return }
    region.clear()
    let message = outcome.message.isEmpty ? "" : ": \(outcome.message)"
    console.print(
      palette.paint(
        TerminalText.line("\(outcome.state)  \(outcome.name)\(message)"), outcome.hasSucceeded ? .good : .bad),
      to: .error)
    for line in outcome.errorLines { console.print("    " + TerminalText.line(line), to: .error) }
  }

  /// Writes a line in place of the bar, which is drawn again at the next change.
  mutating func report(_ line: String) {
    region.clear()
    console.report(line)
  }

  /// Draws the bar.
  mutating func draw(_ rollout: Rollout) {
    region.draw([Self.bar(rollout)], palette)
  }

  /// Removes the bar.
  mutating func end() { region.clear() }

  static func bar(_ rollout: Rollout) -> StyledLine {
    let width = 24
    let ended = rollout.succeeded.count + rollout.failed.count
    let total = max(rollout.total, 1)
    let filled = ended * width / total
    let running = min(width - filled, (rollout.running.count * width + total - 1) / total)
    var line = StyledLine()
    line.add(String(repeating: "█", count: filled), rollout.failed.isEmpty ? .good : .warning)
    line.add(String(repeating: "▒", count: running), .accent)
    line.add(String(repeating: "░", count: width - filled - running), .faint)
    line.add("  \(ended)/\(rollout.total)")
    line.add("  \(rollout.succeeded.count) done", .good)
    if !rollout.failed.isEmpty { line.add("  \(rollout.failed.count) failed", .bad) }
    line.add("  \(rollout.running.count) running")
    switch rollout.phase {
    case .canary: line.add("  canary", .accent)
    case .batch(let number): line.add("  batch \(number) of \(rollout.batches)", .accent)
    case .stopped: line.add("  stopping", .bad)
    case .finished: break
    }
    return line
  }
}
