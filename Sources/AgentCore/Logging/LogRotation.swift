/// When the log file is replaced by a new one, and how many old ones stay: `agent.log.1` is the youngest.
struct LogRotation: Sendable, Equatable {
  /// Bytes after which a new file is begun; at least 4096.
  var maximumSize: Int
  /// Old files that stay, 1 to 100.
  var keptFiles: Int

  /// 10 MiB and 4 old files, unless said otherwise.
  init(maximumSize: Int = 10 << 20, keptFiles: Int = 4) {
    self.maximumSize = max(maximumSize, 4096)
    self.keptFiles = min(max(keptFiles, 1), 100)
  }
}
