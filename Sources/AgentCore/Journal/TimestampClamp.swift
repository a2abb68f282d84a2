/// Replaces implausible timestamps in a journal file, which may stem from a platform with a wrong clock.
struct TimestampClamp: Sendable, Equatable {
  /// The latest plausible time, in unix seconds.
  let latest: Int64
  /// The replacement of a later time: the last write to the file.
  let substitute: Int64

  /// The tolerated lead, in seconds.
  static let lead: Int64 = 24 * 3600

  /// Creates a clamp for one file.
  ///
  /// - Parameters:
  ///   - written: The time of the last write to the file.
  ///   - newest: The latest of this machine's clock, which may have been set back, and the write times of all files.
  init(written: Int64, newest: Int64) {
    substitute = written
    let latest = newest.addingReportingOverflow(Self.lead)
    self.latest = latest.overflow ? .max : latest.partialValue
  }

  /// Returns a plausible time unchanged, or else the replacement.
  func clamp(_ time: Int64) -> Int64 { time > latest ? substitute : time }
}
