import AgentProtocol
import JSON
import Locks

/// Prints the output of a remote program: live while it is streamed, and the remainder from the result. Control characters are
/// escaped on a terminal; a file or a pipe gets the text unchanged.
final class RemoteOutput: Sendable {
  private let console: Console
  private let shown = Locked<[ProgressStream: String]>([:])

  init(console: Console) { self.console = console }

  /// Prints the output in a progress event of the command.
  func receive(_ bytes: [UInt8], command: String) {
    // The subject carries other events too; malformed messages are ignored.
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

  /// Prints the rest of the output in the result. Prints nothing if the streamed output is not a prefix of it, because parts of the
  /// stream were lost or the result was truncated.
  func complete(with output: JSONValue?) {
    for stream in [ProgressStream.stdout, .stderr] {
      let whole = output?.objectValue?[stream.rawValue]?.stringValue ?? ""
      let before = shown.withLock { $0[stream] ?? "" }
      if before.isEmpty {
        write(whole, to: stream)
      } else if whole.utf8.starts(with: before.utf8) {
        // By bytes: a chunk may end within a grapheme cluster, such as between CR and LF.
        write(String(decoding: whole.utf8.dropFirst(before.utf8.count), as: UTF8.self), to: stream)
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
