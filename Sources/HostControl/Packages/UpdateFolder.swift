import Glibc
import JSON

/// Where an update keeps what the agent must find again: how far it is, and what it has put out.
///
/// The worker alone writes it once it runs; the agent prepares it before, and reads.
public struct UpdateFolder: Sendable {
  /// The files that take what is put out.
  public enum Output: String, Sendable, CaseIterable {
    /// `apt-get update`
    case updateStdout = "update.stdout"
    /// `apt-get update`, errors
    case updateStderr = "update.stderr"
    /// All that came after it: `apt-get upgrade`, and dpkg's repair before.
    case upgradeStdout = "upgrade.stdout"
    /// All that came after it, errors
    case upgradeStderr = "upgrade.stderr"
  }

  /// The folder, an absolute path.
  public let path: String

  private static let stateName = "state.json"
  private static let answeredName = "answered"
  /// 10,000 upgrades take about 1 MiB.
  private static let largestState = 8 << 20

  /// A folder, which need not exist.
  public init(path: String) {
    self.path = path
  }

  /// Makes the folder ready for another update: the files of the one before go.
  ///
  /// - Throws: ``UpdateFolderError`` when it can't be made or written.
  public func prepare(for commandID: String) throws(UpdateFolderError) {
    // The folder above may be one of /run, where nothing stays.
    let parent = path.split(separator: "/").dropLast().joined(separator: "/")
    if mkdir("/\(parent)", 0o700) != 0, errno != EEXIST {
      throw UpdateFolderError("made", "/\(parent)", errno)
    }
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw UpdateFolderError("made", path, errno) }
    for name in Output.allCases.map(\.rawValue) + [Self.stateName, Self.answeredName] {
      if unlink(file(name)) != 0, errno != ENOENT { throw UpdateFolderError("cleared", file(name), errno) }
    }
    try write(UpdateState(commandID: commandID))
  }

  /// How far the update is; nil when there never was one.
  ///
  /// - Throws: ``UpdateFolderError`` when that can't be read.
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
      throw UpdateFolderError(description: "\(path) makes no sense: \(error)")
    }
  }

  /// Writes how far the update is, so that after a crash there is the old state or the new one.
  ///
  /// - Throws: ``UpdateFolderError`` when the disk does not take it.
  public func write(_ state: UpdateState) throws(UpdateFolderError) {
    let path = file(Self.stateName)
    let temporary = path + ".new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw UpdateFolderError("written", temporary, errno) }
    var problem = Self.write(JSONWriter.encode(state.json), to: descriptor)
    if problem == 0, fsync(descriptor) != 0 { problem = errno }
    close(descriptor)
    if problem == 0, rename(temporary, path) != 0 { problem = errno }
    guard problem == 0 else {
      unlink(temporary)
      throw UpdateFolderError("written", path, problem)
    }
    let folder = open(self.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// Whether the command was answered before the update was over.
  public var isAnswered: Bool { access(file(Self.answeredName), F_OK) == 0 }

  /// Notes that the command was answered before the update was over: its end is news of its own.
  public func markAnswered() throws(UpdateFolderError) {
    let path = file(Self.answeredName)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw UpdateFolderError("written", path, errno) }
    close(descriptor)
  }

  /// Takes the note of `markAnswered()` back: the end has been told.
  public func clearAnswered() throws(UpdateFolderError) {
    let path = file(Self.answeredName)
    if unlink(path) != 0, errno != ENOENT { throw UpdateFolderError("removed", path, errno) }
  }

  /// What was put out: all of it, or its beginning and its end. Nothing where there is no such file.
  ///
  /// - Parameter limit: The most bytes to keep.
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

  /// What was put out from `offset` on; empty when there is nothing new.
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

  /// - Returns: The error number, 0 when all is written.
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

/// The folder of an update can't be used.
public struct UpdateFolderError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What happened, to what.
  public let description: String

  init(description: String) {
    self.description = description
  }

  init(_ participle: String, _ path: String, _ number: Int32) {
    description = "\(path) can't be \(participle): \(String(cString: strerror(number)))"
  }
}
