/// Which of the times in a file can be believed: an agent may have taken them from a platform with a wrong clock.
struct TimestampClamp: Sendable, Equatable {
  /// Later than this nothing can have happened.
  let latest: Int64
  /// What a later time counts as: when the file was last written.
  let substitute: Int64

  /// How far a time may be ahead, in seconds.
  static let lead: Int64 = 24 * 3600

  /// The times in a file.
  ///
  /// - Parameters:
  ///   - written: When the file was last written.
  ///   - newest: The latest of this machine's clock and of the times at which the files of the journal were written: the clock
  ///     itself may have been set back.
  init(written: Int64, newest: Int64) {
    substitute = written
    let latest = newest.addingReportingOverflow(Self.lead)
    self.latest = latest.overflow ? .max : latest.partialValue
  }

  /// A time, or what it counts as.
  func clamp(_ time: Int64) -> Int64 { time > latest ? substitute : time }
}
