import Glibc
import Locks

/// A file that takes what programs put out, as it comes, and no more than a bound: of what is too much, the beginning and
/// the end stay.
final class OutputFile: Sendable {
  fileprivate struct State {
    let descriptor: Int32
    var written = 0
    var tail: [UInt8] = []
    var omitted = 0
    var problem: Int32 = 0
  }

  private let headLimit: Int
  private let tailLimit: Int
  private let state: Locked<State>

  /// A new, empty file.
  ///
  /// - Parameters:
  ///   - headLimit: The bytes of the beginning that are kept.
  ///   - tailLimit: The bytes of the end that are kept, where there is more.
  /// - Throws: ``UpdateFolderError`` when it can't be made.
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

  /// Takes some more. A disk that does not take it loses it, and the update goes on.
  func append(_ bytes: [UInt8]) {
    state.withLock { state in
      let head = bytes.prefix(max(0, headLimit - state.written))
      state.write(head)
      state.tail += bytes[head.endIndex...]
      guard state.tail.count > 2 * tailLimit else { return }
      state.drop(state.tail.count - tailLimit)
    }
  }

  /// Writes the end down, where it was kept apart from the beginning.
  ///
  /// - Returns: Whether bytes are missing between the two; the error number of the disk, if there was one.
  func finish() -> (isTruncated: Bool, problem: Int32) {
    state.withLock { state in
      state.drop(max(0, state.tail.count - tailLimit))
      if state.omitted > 0 { state.write(Array("\n[... \(state.omitted) bytes left out ...]\n".utf8)) }
      state.write(state.tail)
      state.tail = []
      return (state.omitted > 0, state.problem)
    }
  }
}

extension OutputFile.State {
  fileprivate mutating func write(_ bytes: some Collection<UInt8>) {
    guard !bytes.isEmpty else { return }
    written += bytes.count
    let problem = UpdateFolder.write(bytes, to: descriptor)
    if problem != 0 { self.problem = problem }
  }

  fileprivate mutating func drop(_ count: Int) {
    tail.removeFirst(count)
    omitted += count
  }
}
