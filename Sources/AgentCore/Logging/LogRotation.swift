/// The rotation of the log file. `agent.log.1` is the most recent old file.
struct LogRotation: Sendable, Equatable {
  /// The maximum size of a file in bytes; at least 4096.
  var maximumSize: Int
  /// The number of old files to keep, 1 to 100.
  var keptFiles: Int

  init(maximumSize: Int = 10 << 20, keptFiles: Int = 4) {
    self.maximumSize = max(maximumSize, 4096)
    self.keptFiles = min(max(keptFiles, 1), 100)
  }
}
