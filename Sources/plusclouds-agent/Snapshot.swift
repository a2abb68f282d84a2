import AgentCore
import ArgumentParser

/// Shows what telemetry says about this machine.
struct Snapshot: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print one telemetry payload as JSON, or watch this machine.")

  @Flag(help: "Redraw a table each second until Ctrl-C.")
  var watch = false

  func run() async throws {
    if watch {
      await SnapshotScreen.watch()
    } else {
      await SnapshotScreen.once()
    }
  }
}
