import Glibc
import Locks

/// A file of bounded size for the output of programs: of longer output it has the beginning and the end.
final class OutputFile: Sendable {
  fileprivate struct State {
    let descriptor: Int32
    var written = 0
    var tail: [UInt8] = []
    var omitted = 0
    var error: Int32 = 0
  }

  private let headLimit: Int
  private let tailLimit: Int
  private let state: Locked<State>

  /// Creates or truncates the file.
  ///
  /// - Parameters:
  ///   - headLimit: The bytes that are kept from the beginning.
  ///   - tailLimit: The bytes that are kept from the end of longer output.
  /// - Throws: ``UpdateFolderError`` when it can't be created.
  init(path: String, headLimit: Int = 3 << 20, tailLimit: Int = 1 << 20) throws(UpdateFolderError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw UpdateFolderError("written", path, errno) }
    self.headLimit = headLimit
    self.tailLimit = tailLimit
    state = Locked(State(descriptor: descriptor))
  }

  deinit {
    close(state.withLock { $0.descriptor })
  }

  /// Appends output. What can't be written to the disk is lost, and the update continues.
  func append(_ bytes: [UInt8]) {
    state.withLock { state in
      let head = bytes.prefix(max(0, headLimit - state.written))
      state.write(head)
      state.tail += bytes[head.endIndex...]
      guard state.tail.count > 2 * tailLimit else { return }
      state.drop(state.tail.count - tailLimit)
    }
  }

  /// Writes the buffered end of the output.
  ///
  /// - Returns: Whether output was dropped before it, and the last error number of a failed write or 0.
  func finish() -> (isTruncated: Bool, error: Int32) {
    state.withLock { state in
      state.drop(max(0, state.tail.count - tailLimit))
      if state.omitted > 0 { state.write(Array("\n[... \(state.omitted) bytes left out ...]\n".utf8)) }
      state.write(state.tail)
      state.tail = []
      return (state.omitted > 0, state.error)
    }
  }
}

extension OutputFile.State {
  fileprivate mutating func write(_ bytes: some Collection<UInt8>) {
    guard !bytes.isEmpty else { return }
    written += bytes.count
    let error = UpdateFolder.write(bytes, to: descriptor)
    if error != 0 { self.error = error }
  }

  fileprivate mutating func drop(_ count: Int) {
    tail.removeFirst(count)
    omitted += count
  }
}

/// The output files of a step.
struct OutputPair: Sendable {
  let stdout: OutputFile
  let stderr: OutputFile

  subscript(stream: ProcessRequest.Stream) -> OutputFile {
    switch stream {
    case .stdout: stdout
    case .stderr: stderr
    }
  }
}

/// The output files of an update.
struct Outputs: Sendable {
  /// For `apt-get update`.
  let update: OutputPair
  /// For all other commands.
  let upgrade: OutputPair

  /// Creates the files in a folder.
  ///
  /// - Throws: ``UpdateFolderError`` when one can't be created.
  init(_ folder: UpdateFolder) throws(UpdateFolderError) {
    func file(_ output: UpdateFolder.Output) throws(UpdateFolderError) -> OutputFile {
      try OutputFile(path: folder.file(output.rawValue))
    }
    update = OutputPair(stdout: try file(.updateStdout), stderr: try file(.updateStderr))
    upgrade = OutputPair(stdout: try file(.upgradeStdout), stderr: try file(.upgradeStderr))
  }

  /// Finishes all files.
  ///
  /// - Returns: Whether output is missing in any of them.
  func finish(_ log: @Sendable (String) -> Void) -> Bool {
    var isTruncated = false
    for file in [update.stdout, update.stderr, upgrade.stdout, upgrade.stderr] {
      let (isCut, error) = file.finish()
      if error != 0 { log("some output is lost: \(ErrorNumber.text(error))") }
      isTruncated = isTruncated || isCut || error != 0
    }
    return isTruncated
  }
}
