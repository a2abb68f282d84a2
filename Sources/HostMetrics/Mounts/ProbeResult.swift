import Glibc

/// How a mount answered.
enum ProbeResult: Sendable, Equatable {
  /// In time.
  case answered(FilesystemStatistics)
  /// With an error, or the path leads to another file system.
  case unreachable
  /// Not at all: a thread has been waiting since then.
  case stalled(since: MonotonicTime)
  /// It was not its turn before the deadline, or there was no thread to ask it.
  case notAsked

  /// Asks the kernel. Blocks for as long as the mount does.
  static func asking(_ target: ProbeTarget) -> ProbeResult {
    target.path.withUnsafeBufferPointer { path in
      guard let path = path.baseAddress else { return .unreachable }
      var status = statvfs()
      guard statvfs(path, &status) == 0 else { return .unreachable }
      if let expected = target.device {
        var node = stat()
        guard stat(path, &node) == 0, DeviceNumber(node.st_dev) == expected else { return .unreachable }
      }
      return .answered(FilesystemStatistics(status))
    }
  }
}
