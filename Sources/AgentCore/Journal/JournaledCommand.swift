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
  /// When it came, in unix seconds.
  let received: Int64
  /// When it was made, in unix seconds, as far as that can be believed.
  let made: Int64

  /// How far the clock of the platform may be ahead of this machine's, in seconds.
  static let believableLead: Int64 = 300

  /// A command that came over the wire.
  ///
  /// - Parameter newest: The latest time that the journal knows of.
  init(
    key: JournalKey, id: String, operation: String, digest: UInt64, sentAt: Int64?, at time: GateTime,
    newest: Int64 = .min
  ) {
    // What cannot be believed counts as now, and not as the latest that could be: else each such command would let the next
    // one be ahead a bit more.
    let made = sentAt.flatMap { (0...Self.latest(at: time, newest)).contains($0) ? $0 : nil }
    // While this machine's clock is not synchronised, the time at which the command was made is the better one.
    let received = time.isSynchronised ? time.now : made ?? max(time.now, newest)
    self.init(
      key: key, id: id, operation: operation, digest: digest, received: max(0, received),
      made: made ?? max(time.now, newest))
  }

  /// When a command was made, as far as that can be believed; nil where the envelope does not say.
  ///
  /// - Parameter newest: The latest time that the journal knows of.
  static func made(sentAt: Int64?, at time: GateTime, newest: Int64 = .min) -> Int64? {
    sentAt.map { min($0, latest(at: time, newest)) }
  }

  /// The latest time that is believed, whatever the state of this machine's clock: one command from the future would make
  /// all others old.
  private static func latest(at time: GateTime, _ newest: Int64) -> Int64 {
    let now = max(0, time.now, newest)
    let latest = now.addingReportingOverflow(believableLead)
    return latest.overflow ? now : latest.partialValue
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
  func believed(by bounds: BelievableTimes) -> JournaledCommand {
    JournaledCommand(
      key: key, id: id, operation: operation, digest: digest, received: max(0, bounds.believed(received)),
      made: bounds.believed(made))
  }
}
