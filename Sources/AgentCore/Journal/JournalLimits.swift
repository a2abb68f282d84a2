/// The retention limits of a journal.
struct JournalLimits: Sendable {
  /// The age at which a command is dropped, in seconds. Commands expire after a day at most.
  var age: Int64 = 72 * 3600
  /// The number of commands.
  var entries = 16_384
  /// The size on disk, in bytes.
  var bytes = 32 << 20
  /// The size at which a segment is rotated, in bytes.
  var segmentBytes = 4 << 20
  /// The number of results at which a segment is rotated.
  var segmentEntries = 2_048
  /// The largest stored result, in bytes. Space for it is reserved before a command starts.
  var resultBytes = 1 << 20
  /// The interval at which a failed write is retried, in milliseconds.
  var retryMilliseconds: Int32 = 10_000

  /// The limits on disk.
  static let durable = JournalLimits()
  /// The limits in memory.
  static let volatile = JournalLimits(
    entries: 4_096, bytes: 4 << 20, segmentBytes: 1 << 20, segmentEntries: 1_024, resultBytes: 256 << 10)

  /// The size of unconfirmed results, in bytes.
  var undeliveredBytes: Int { bytes / 2 }
}
