import AgentProtocol
import HostControl

/// Follows the output files of an update and forwards new output to a progress sink.
struct UpdateOutputReader: Sendable {
  private let folder: UpdateFolder
  private let sink: any ProgressSink
  private var offsets: [UpdateFolder.Output: Int] = [:]

  /// The polling interval. Files are polled only while progress was requested.
  private static let pause = Duration.milliseconds(500)
  private static let chunk = 64 << 10

  /// Creates a reader at the beginning of all files.
  init(_ folder: UpdateFolder, to sink: any ProgressSink) {
    self.folder = folder
    self.sink = sink
  }

  /// Forwards new output until the task is cancelled, then the rest.
  mutating func run() async {
    while !Task.isCancelled {
      forwardOutput()
      do { try await Task.sleep(for: Self.pause) } catch { break }
    }
    forwardOutput()
  }

  private mutating func forwardOutput() {
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
  /// The stream of the output.
  fileprivate var stream: ProgressStream {
    switch self {
    case .updateStdout, .upgradeStdout: .stdout
    case .updateStderr, .upgradeStderr: .stderr
    }
  }
}
