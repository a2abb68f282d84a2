import AgentProtocol
import HostControl

/// Reads what an update puts out as it grows, and passes it on.
struct UpdateOutputReader: Sendable {
  private let folder: UpdateFolder
  private let sink: any ProgressSink
  private var offsets: [UpdateFolder.Output: Int] = [:]

  /// How often the files are looked at: only while an update runs that somebody watches.
  private static let pause = Duration.milliseconds(500)
  private static let chunk = 64 << 10

  /// A reader at the beginning of all files.
  init(_ folder: UpdateFolder, to sink: any ProgressSink) {
    self.folder = folder
    self.sink = sink
  }

  /// Passes on what comes until its task is cancelled, and then what is left.
  mutating func run() async {
    while !Task.isCancelled {
      passOn()
      do { try await Task.sleep(for: Self.pause) } catch { break }
    }
    passOn()
  }

  private mutating func passOn() {
    for output in UpdateFolder.Output.allCases {
      while true {
        let offset = offsets[output, default: 0]
        let bytes = folder.output(output, from: offset, limit: Self.chunk)
        if bytes.isEmpty { break }
        offsets[output] = offset + bytes.count
        sink.write(output.stream, bytes)
      }
    }
  }
}

extension UpdateFolder.Output {
  /// The stream that it came from.
  fileprivate var stream: ProgressStream {
    switch self {
    case .updateStdout, .upgradeStdout: .stdout
    case .updateStderr, .upgradeStderr: .stderr
    }
  }
}
