/// How much a journal keeps.
struct JournalLimits: Sendable {
  /// The age at which a command is forgotten, in seconds: commands live a day.
  var age: Int64 = 72 * 3600
  /// The most commands.
  var entries = 16_384
  /// The most bytes on disk.
  var bytes = 32 << 20
  /// The size from which on a segment takes no more, in bytes.
  var segmentBytes = 4 << 20
  /// The number of results from which on a segment takes no more.
  var segmentEntries = 2_048
  /// The longest result that is kept, in bytes; the room for one is reserved before a command starts.
  var resultBytes = 1 << 20
  /// How long a result that no disk has taken waits for another attempt.
  var retryMilliseconds: Int32 = 10_000

  /// On disk.
  static let durable = JournalLimits()
  /// In memory, where there is no folder.
  static let volatile = JournalLimits(
    entries: 4_096, bytes: 4 << 20, segmentBytes: 1 << 20, segmentEntries: 1_024, resultBytes: 256 << 10)

  /// The most bytes of results without a confirmation of the server.
  var undeliveredBytes: Int { bytes / 2 }
}
