import Glibc
import JSON

/// The folder of an update, in which the agent finds its state and its output.
///
/// The agent prepares the folder. After that only the worker writes to it.
public struct UpdateFolder: Sendable {
  /// The output files.
  public enum Output: String, Sendable, CaseIterable {
    /// Standard output of `apt-get update`.
    case updateStdout = "update.stdout"
    /// Standard error of `apt-get update`.
    case updateStderr = "update.stderr"
    /// Standard output of all other commands: `apt-get upgrade` and the repair of dpkg.
    case upgradeStdout = "upgrade.stdout"
    /// Standard error of all other commands.
    case upgradeStderr = "upgrade.stderr"
  }

  /// The folder, an absolute path.
  public let path: String

  private static let stateName = "state.json"
  private static let answeredName = "answered"
  /// 10,000 upgrades take about 1 MiB.
  private static let largestState = 8 << 20

  /// Names a folder, which need not exist.
  public init(path: String) {
    self.path = path
  }

  /// Prepares the folder for an update, and removes the files of the last one.
  ///
  /// - Throws: ``UpdateFolderError`` when it can't be created or written.
  public func prepare(for commandID: String) throws(UpdateFolderError) {
    // The parent may be in /run, which is empty after a boot.
    let parent = path.utf8.split(separator: UInt8(ascii: "/")).dropLast().map { "/\(Substring($0))" }.joined()
    if !parent.isEmpty, mkdir(parent, 0o700) != 0, errno != EEXIST {
      throw UpdateFolderError("made", parent, errno)
    }
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw UpdateFolderError("made", path, errno) }
    for name in Output.allCases.map(\.rawValue) + [Self.stateName, Self.answeredName] {
      if unlink(file(name)) != 0, errno != ENOENT { throw UpdateFolderError("cleared", file(name), errno) }
    }
    try write(UpdateState(commandID: commandID))
  }

  /// Reads the state of the update; nil when there is none.
  ///
  /// - Throws: ``UpdateFolderError`` when it can't be read.
  public func state() throws(UpdateFolderError) -> UpdateState? {
    let path = file(Self.stateName)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw UpdateFolderError("read", path, errno)
    }
    defer { close(descriptor) }
    do {
      return try UpdateState(parsing: Self.read(descriptor, from: 0, limit: Self.largestState))
    } catch {
      throw UpdateFolderError(description: "\(path) is invalid: \(error)")
    }
  }

  /// Replaces the state of the update atomically: after a crash it is the old or the new one.
  ///
  /// - Throws: ``UpdateFolderError`` when it can't be written.
  public func write(_ state: UpdateState) throws(UpdateFolderError) {
    let path = file(Self.stateName)
    let temporary = path + ".new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw UpdateFolderError("written", temporary, errno) }
    var code = Self.write(JSONWriter.encode(state.json), to: descriptor)
    if code == 0, fsync(descriptor) != 0 { code = errno }
    close(descriptor)
    if code == 0, rename(temporary, path) != 0 { code = errno }
    guard code == 0 else {
      unlink(temporary)
      throw UpdateFolderError("written", path, code)
    }
    let folder = open(self.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// Whether the command was answered before the end of the update.
  public var isAnswered: Bool { access(file(Self.answeredName), F_OK) == 0 }

  /// Records that the command was answered before the end of the update, which is then reported separately.
  public func markAnswered() throws(UpdateFolderError) {
    let path = file(Self.answeredName)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw UpdateFolderError("written", path, errno) }
    close(descriptor)
  }

  /// Removes the record of `markAnswered()`, after the end of the update was reported.
  public func clearAnswered() throws(UpdateFolderError) {
    let path = file(Self.answeredName)
    if unlink(path) != 0, errno != ENOENT { throw UpdateFolderError("removed", path, errno) }
  }

  /// Reads an output file: all of it, or its beginning and its end. Empty when it does not exist.
  ///
  /// - Parameter limit: The most bytes to read.
  public func output(_ output: Output, limit: Int) -> CapturedOutput {
    let nothing = CapturedOutput(bytes: [], headCount: 0, totalBytes: 0)
    let descriptor = open(file(output.rawValue), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return nothing }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nothing }
    let size = max(0, Int(status.st_size))
    guard size > limit else {
      let bytes = Self.read(descriptor, from: 0, limit: size)
      return CapturedOutput(bytes: bytes, headCount: bytes.count, totalBytes: UInt64(bytes.count))
    }
    let half = max(0, limit) / 2
    let head = Self.read(descriptor, from: 0, limit: half)
    let tail = Self.read(descriptor, from: size - half, limit: half)
    return CapturedOutput(bytes: head + tail, headCount: head.count, totalBytes: UInt64(size))
  }

  /// Reads an output file from `offset` on; empty when it is not longer.
  public func output(_ output: Output, from offset: Int, limit: Int) -> [UInt8] {
    let descriptor = open(file(output.rawValue), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    return Self.read(descriptor, from: offset, limit: limit)
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  private static func read(_ descriptor: Int32, from offset: Int, limit: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < limit {
      let room = min(limit - bytes.count, 64 << 10)
      let chunk = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        repeat {
          count = pread(descriptor, buffer.baseAddress, room, off_t(offset + bytes.count))
        } while count < 0 && errno == EINTR
        count = max(count, 0)
      }
      if chunk.isEmpty { break }
      bytes += chunk
    }
    return bytes
  }

  /// - Returns: The error number, 0 when everything was written.
  static func write(_ bytes: some Collection<UInt8>, to descriptor: Int32) -> Int32 {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return errno }
      rest = rest.dropFirst(count)
    }
    return 0
  }
}

/// A failed operation on the folder of an update.
public struct UpdateFolderError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One sentence with the path and the reason.
  public let description: String

  init(description: String) {
    self.description = description
  }

  init(_ participle: String, _ path: String, _ number: Int32) {
    description = "\(path) can't be \(participle): \(ErrorNumber.text(number))"
  }
}
