internal import Glibc

/// A file of lines that is replaced when it has grown, and opened anew when someone else has moved it away.
///
/// Its calls may wait for the disk: it belongs to one thread that may (``LogFileThread``).
struct RotatingLogFile {
  /// What the last attempt came to; reported by the owner when it changes.
  enum Condition: Equatable {
    case working
    /// What does not work, and the error number.
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
  /// Why the last rotation could not move files; 0 when it could.
  private(set) var rotationError: Int32 = 0
  /// Lines lost since the last time that the loss was written.
  private(set) var dropped = 0

  init(path: String, rotation: LogRotation) {
    self.path = path
    self.rotation = rotation
  }

  mutating func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  /// Opens the file if it is not open; whether it is now. A missing folder is made.
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

  /// Closes the file when its path names another one by now, or none (logrotate's `create` and `move`).
  mutating func closeIfMoved() {
    guard descriptor >= 0, isRegular else { return }
    var status = stat()
    if stat(path, &status) != 0 || status.st_ino != inode || status.st_dev != device { close() }
  }

  /// Writes whole lines. What can't be written is counted and lost.
  mutating func write(_ lines: [UInt8]) {
    var rest = lines[...]
    if dropped > 0, open() {
      let notice = (isMidLine ? [UInt8(ascii: "\n")] : []) + LogLine.json(.dropped(dropped))
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

  /// Counts lines that are not even tried.
  mutating func lose(_ lines: [UInt8]) {
    lose(count: lines.count { $0 == UInt8(ascii: "\n") })
  }

  /// Counts lines that are lost already.
  mutating func lose(count: Int) {
    dropped += count
  }

  /// The lines that the file has room for; one that is larger than a whole file goes into an empty one.
  private func fitting(_ lines: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard isRegular, size + lines.count > rotation.maximumSize else { return lines }
    let room = max(rotation.maximumSize - size, 0)
    if let end = lines.prefix(room).lastIndex(of: UInt8(ascii: "\n")) { return lines[...end] }
    guard size == 0, let end = lines.firstIndex(of: UInt8(ascii: "\n")) else {
      return size == 0 ? lines : lines.prefix(0)
    }
    return lines[...end]
  }

  /// Writes bytes; what is left over after an error.
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
      // A folder that can't be changed: the file starts over, for the disk must not fill.
      rotationError = errno
      ftruncate(descriptor, 0)
      size = 0
    }
  }

  private func openFile() -> Int32 {
    // Without O_NONBLOCK a FIFO in its place would wait for a reader.
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
