/// What the journal notes of a command.
struct JournaledCommand: Sendable, Equatable {
  /// What its id is known by.
  let key: JournalKey
  /// The id.
  let id: String
  /// The operation's name.
  let operation: String
  /// See ``CommandDigest``.
  let digest: UInt64
  /// When it was received, in unix seconds, by this machine's own clock.
  let received: Int64
  /// When it was first submitted, in unix seconds, as far as that can be believed.
  let made: Int64

  /// How far the clock of the platform may be ahead of this machine's, in seconds.
  static let maximumLead: Int64 = 300

  /// A command that came over the wire.
  ///
  /// - Parameters:
  ///   - claimed: When it was made, as its sender says.
  ///   - localTime: The latest time that this machine's own clock has shown.
  init(key: JournalKey, id: String, operation: String, digest: UInt64, claimed: Int64?, localTime: Int64) {
    let isBelieved = claimed.map { (0...Self.latest(localTime)).contains($0) } ?? false
    self.init(
      key: key, id: id, operation: operation, digest: digest, received: localTime,
      made: isBelieved ? claimed ?? localTime : localTime)
  }

  /// When a command was made, as far as that can be believed; nil where its sender does not say.
  static func made(claimed: Int64?, localTime: Int64) -> Int64? {
    claimed.map { min($0, latest(localTime)) }
  }

  /// The latest time that is believed: one command from the future would make all others old. It follows from this machine's own
  /// clock alone: if what was believed once counted, each command could be ahead of the one before.
  private static func latest(_ localTime: Int64) -> Int64 {
    let (latest, overflow) = max(0, localTime).addingReportingOverflow(maximumLead)
    return overflow ? .max : latest
  }

  /// A command that was written down.
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

  /// The same with times that can be believed.
  func clamped(to bounds: TimestampClamp) -> JournaledCommand {
    JournaledCommand(
      key: key, id: id, operation: operation, digest: digest, received: max(0, bounds.clamp(received)),
      made: bounds.clamp(made))
  }
}
