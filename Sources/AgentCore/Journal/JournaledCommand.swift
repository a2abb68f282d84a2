/// A command as the journal stores it.
struct JournaledCommand: Sendable, Equatable {
  /// The key of its id.
  let key: JournalKey
  /// The command id.
  let id: String
  /// The operation name.
  let operation: String
  /// The ``CommandDigest`` of operation and parameters.
  let digest: UInt64
  /// The reception time by this machine's own clock, in unix seconds.
  let received: Int64
  /// The time of the first submission, clamped to plausible values, in unix seconds.
  let made: Int64

  /// The largest lead of the platform's clock over this machine's, in seconds.
  static let maximumLead: Int64 = 300

  /// Creates the entry of a received command.
  ///
  /// - Parameters:
  ///   - claimed: The submission time according to its sender.
  ///   - localTime: The latest time that this machine's own clock has shown.
  init(key: JournalKey, id: String, operation: String, digest: UInt64, claimed: Int64?, localTime: Int64) {
    let isPlausible = claimed.map { (0...Self.latest(localTime)).contains($0) } ?? false
    self.init(
      key: key, id: id, operation: operation, digest: digest, received: localTime,
      made: isPlausible ? claimed ?? localTime : localTime)
  }

  /// The submission time of a command, clamped to plausible values; nil without a claim of its sender.
  static func made(claimed: Int64?, localTime: Int64) -> Int64? {
    claimed.map { min($0, latest(localTime)) }
  }

  /// The latest plausible time: a command from the future would make all others old. It depends on this machine's own clock alone,
  /// as otherwise each command could advance the limit for the next one.
  private static func latest(_ localTime: Int64) -> Int64 {
    let (latest, overflow) = max(0, localTime).addingReportingOverflow(maximumLead)
    return overflow ? .max : latest
  }

  /// Creates an entry from its stored form.
  init(
    key: JournalKey, id: String, operation: String, digest: UInt64, received: Int64, made: Int64
  ) {
    self.key = key
    self.id = id
    self.operation = operation
    self.digest = digest
    self.received = received
    self.made = made
  }

  /// The entry with clamped timestamps.
  func clamped(to bounds: TimestampClamp) -> JournaledCommand {
    JournaledCommand(
      key: key, id: id, operation: operation, digest: digest, received: max(0, bounds.clamp(received)),
      made: bounds.clamp(made))
  }
}
