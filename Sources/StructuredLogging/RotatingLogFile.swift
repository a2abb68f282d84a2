internal import Glibc

/// The rotation of the log file. `agent.log.1` is the most recent old file.
package struct LogRotation: Sendable, Equatable {
  /// The maximum size of a file in bytes; at least 4096.
  package var maximumSize: Int
  /// The number of old files to keep, 1 to 100.
  package var keptFiles: Int

  package init(maximumSize: Int = 10 << 20, keptFiles: Int = 4) {
    self.maximumSize = max(maximumSize, 4096)
    self.keptFiles = min(max(keptFiles, 1), 100)
  }
}

/// A log file that is rotated by size, and reopened after an external rotation.
///
/// Calls may block on the disk. They are made on the thread of ``LogFileThread`` only.
struct RotatingLogFile {
  /// The result of the last operation. The owner reports changes.
  enum Condition: Equatable {
    case working
    /// The failing operation, and the error number.
    case failing(String, Int32)
  }

  private let path: String
  private let rotation: LogRotation
  private var descriptor: Int32 = -1
  private var device: dev_t = 0
  private var inode: ino_t = 0
  private var isRegular = false
  private var size = 0
  private var isMidLine = false
  private(set) var condition = Condition.working
  /// The error number of the last rotation; 0 after success.
  private(set) var rotationError: Int32 = 0
  /// The lines lost since the last line that reported a loss.
  private(set) var dropped = 0

  init(path: String, rotation: LogRotation) {
    self.path = path
    self.rotation = rotation
  }

  mutating func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  /// Opens the file if necessary, and creates missing folders.
  ///
  /// - Returns: Whether the file is open.
  mutating func open() -> Bool {
    if descriptor >= 0 { return true }
    var opened = openFile()
    if opened < 0, errno == ENOENT {
      Self.makeFolders(of: path)
      opened = openFile()
    }
    guard opened >= 0 else {
      condition = .failing("open", errno)
      return false
    }
    var status = stat()
    fstat(opened, &status)
    descriptor = opened
    (device, inode, size) = (status.st_dev, status.st_ino, status.st_size)
    isRegular = status.st_mode & S_IFMT == S_IFREG
    isMidLine = false
    if case .failing("open", _) = condition { condition = .working }
    return true
  }

  /// Closes the file if its path no longer refers to it, as after a rotation by logrotate with `create`.
  mutating func closeIfMoved() {
    guard descriptor >= 0, isRegular else { return }
    var status = stat()
    if stat(path, &status) != 0 || status.st_ino != inode || status.st_dev != device { close() }
  }

  /// Writes complete lines. Lines that cannot be written are lost and counted.
  mutating func write(_ lines: [UInt8]) {
    var rest = lines[...]
    if dropped > 0, open() {
      let notice = (isMidLine ? [UInt8(ascii: "\n")] : []) + LogLine.json(.dropped(dropped), schema: .agent)
      if put(notice[...]).isEmpty { dropped = 0 }
    }
    while !rest.isEmpty {
      guard dropped == 0 || condition == .working, open() else { break }
      let part = fitting(rest)
      if part.isEmpty {
        rotate()
        continue
      }
      let unwritten = put(part)
      if !unwritten.isEmpty {
        rest = rest[unwritten.startIndex...]
        break
      }
      rest = rest[part.endIndex...]
    }
    dropped += rest.count { $0 == UInt8(ascii: "\n") }
  }

  /// Counts lines as lost without trying to write them.
  mutating func lose(_ lines: [UInt8]) {
    lose(count: lines.count { $0 == UInt8(ascii: "\n") })
  }

  /// Counts lost lines.
  mutating func lose(count: Int) {
    dropped += count
  }

  /// The prefix of lines that fits into the file. A line larger than the maximum size fits into an empty file.
  private func fitting(_ lines: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard isRegular, size + lines.count > rotation.maximumSize else { return lines }
    let room = max(rotation.maximumSize - size, 0)
    if let end = lines.prefix(room).lastIndex(of: UInt8(ascii: "\n")) { return lines[...end] }
    guard size == 0, let end = lines.firstIndex(of: UInt8(ascii: "\n")) else {
      return size == 0 ? lines : lines.prefix(0)
    }
    return lines[...end]
  }

  /// Writes bytes.
  ///
  /// - Returns: The bytes that were not written because of an error.
  private mutating func put(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        condition = .failing("write", count < 0 ? errno : ENOSPC)
        return rest
      }
      size += count
      rest = rest.dropFirst(count)
      isMidLine = !rest.isEmpty || bytes.last != UInt8(ascii: "\n")
    }
    condition = .working
    return rest
  }

  private mutating func rotate() {
    for index in stride(from: rotation.keptFiles - 1, through: 1, by: -1) {
      rename("\(path).\(index)", "\(path).\(index + 1)")
    }
    if rename(path, path + ".1") == 0 {
      rotationError = 0
      close()
    } else {
      // The folder is not writable. The file is truncated instead, so that the disk does not fill up.
      rotationError = errno
      ftruncate(descriptor, 0)
      size = 0
    }
  }

  private func openFile() -> Int32 {
    // Without O_NONBLOCK, opening a FIFO would wait for a reader.
    Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o640)
  }

  private static func makeFolders(of path: String) {
    var index = path.startIndex
    while let slash = path[index...].firstIndex(of: "/") {
      if slash > path.startIndex { mkdir(String(path[..<slash]), 0o750) }
      index = path.index(after: slash)
    }
  }
}
