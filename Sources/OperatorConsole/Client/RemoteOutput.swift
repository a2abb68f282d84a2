import AgentProtocol
import JSON
import Locks

/// Shows what a remote program writes: live while it comes, and at its end what had not come. On a terminal nothing reaches it
/// that it would obey; a file or pipe gets the text as it is.
final class RemoteOutput: Sendable {
  private let console: Console
  private let shown = Locked<[ProgressStream: String]>([:])

  init(console: Console) { self.console = console }

  /// Takes an envelope of the agent's events.
  func receive(_ bytes: [UInt8], command: String) {
    // Other events come on the same subject, and what is no envelope is nothing to show.
    guard let envelope = try? Envelope(parsing: bytes),
      envelope.type == Envelope.MessageType.progress.rawValue,
      let payload = try? JSONReader.parse(envelope.payload).objectValue,
      payload["command_id"]?.stringValue == command,
      let stream = payload["stream"]?.stringValue.flatMap(ProgressStream.init),
      let data = payload["data"]?.stringValue
    else { return }
    shown.withLock { $0[stream, default: ""] += data }
    write(data, to: stream)
  }

  /// Shows the rest of what the result holds. Where parts got lost on the way, or the result holds the end only, it is left at
  /// what came.
  func complete(with output: JSONValue?) {
    for stream in [ProgressStream.stdout, .stderr] {
      let whole = output?.objectValue?[stream.rawValue]?.stringValue ?? ""
      let before = shown.withLock { $0[stream] ?? "" }
      if before.isEmpty {
        write(whole, to: stream)
      } else if whole.hasPrefix(before) {
        write(String(whole.dropFirst(before.count)), to: stream)
      }
    }
  }

  private func write(_ text: String, to stream: ProgressStream) {
    guard !text.isEmpty else { return }
    let target: Console.Stream = stream == .stdout ? .output : .error
    let isTerminal = console.terminal(target) != nil
    console.write(target, Array((isTerminal ? TerminalText.block(text) : text).utf8))
  }
}
