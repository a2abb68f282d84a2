import DequeModule
import HostControl

/// The in-memory index of the journal. Results stay in the files. No I/O.
struct JournalIndex {
  /// The location of a frame.
  struct Place: Equatable {
    let segment: UInt32
    let offset: UInt32
    let length: UInt32
  }

  /// The result of looking up a command id.
  enum Lookup: Equatable {
    /// The id is new.
    case unknown
    /// The command waits or runs. Its result goes to the newest reply target.
    case pending
    /// The command has a result.
    case answered
    /// The id belongs to a command with another operation or other parameters.
    case different
    /// The id is unknown, and the command is older than the watermark: it may have run.
    case forgotten
  }

  /// A file of the journal.
  struct Segment: Equatable {
    let number: UInt32
    /// The number of results whose newest record is in this segment.
    var entries = 0
    var bytes = 0
    /// The latest submission and reception times of its commands, in unix seconds.
    var newestMade = Int64.min
    var newestReceived = Int64.min
    /// Whether records are missing.
    var isDamaged = false
  }

  /// A command without a result on disk.
  struct Live {
    let command: JournaledCommand
    var target: ReplyTarget
    /// The boot in which it started, and the segment of that record; nil while it waits.
    var start: (bootID: String, segment: UInt32)?
    var processes: [ProcessIdentity] = []
    /// Whether it has ended and needs no reserved space any more.
    var hasEnded = false
    /// Whether its result was returned although it could not be written.
    var isAnswered = false
    /// Whether the delivery of that result failed and has to be repeated.
    var isRequeued = false
  }

  private struct Answered {
    let digest: UInt64
    var place: Place
  }

  private(set) var segments: Deque<Segment> = []
  /// Unknown commands that were made up to this time may have run.
  var watermark: Int64 { max(dropped, missing) }
  /// The watermark of dropped segments.
  private var dropped = Int64.min
  /// The watermark of damaged segments: an estimate, computed each time the files are read.
  private var missing = Int64.min
  /// Whether a segment with missing records was removed. After a restart only the next header records it.
  private var isDamagedSegmentGone = false
  private(set) var live: [JournalKey: Live] = [:]
  private var answered: [JournalKey: Answered] = [:]
  /// The unconfirmed results, and whether they are in flight.
  private var undelivered: [JournalKey: Bool] = [:]
  private(set) var undeliveredBytes = 0

  /// The number of stored results.
  var count: Int { answered.count }
  /// The number of unconfirmed results.
  var undeliveredCount: Int { undelivered.count }
  /// The size of all segments, in bytes.
  var bytes: Int { segments.reduce(0) { $0 + $1.bytes } }
  /// The number of running commands, each of which needs space for its result.
  var runningCount: Int { live.values.count { $0.start != nil && !$0.hasEnded } }
  /// The latest submission time of all known commands.
  var newestMade: Int64 { segments.map(\.newestMade).max() ?? .min }
  /// The latest reception time of all known commands.
  var newestReceived: Int64 { segments.map(\.newestReceived).max() ?? .min }

  // MARK: Commands

  /// Looks up a command. The result of a pending one goes to `target` from now on.
  ///
  /// - Parameters:
  ///   - made: The submission time; nil when it is unknown, or irrelevant as the command has no effect.
  ///   - digest: The digest of the command, computed only if necessary.
  mutating func lookUp(
    _ key: JournalKey, made: Int64?, to target: ReplyTarget, digest: () -> UInt64
  ) -> Lookup {
    if let known = live[key] {
      guard known.command.digest == digest() else { return .different }
      live[key]?.target = target
      return known.isAnswered ? .answered : .pending
    }
    if let known = answered[key] { return known.digest == digest() ? .answered : .different }
    if let made, made <= watermark { return .forgotten }
    return .unknown
  }

  /// Adds a waiting command.
  mutating func register(_ command: JournaledCommand, to target: ReplyTarget) {
    live[command.key] = Live(command: command, target: target)
  }

  /// Removes a command that never ran.
  mutating func withdraw(_ key: JournalKey) -> Live? {
    live.removeValue(forKey: key)
  }

  /// Adds a process of a running command.
  mutating func recordProcess(_ identity: ProcessIdentity, of key: JournalKey) {
    live[key]?.processes.append(identity)
  }

  /// Marks a command as ended, before its result is on disk.
  mutating func end(_ key: JournalKey) -> JournaledCommand? {
    live[key]?.hasEnded = true
    return live[key]?.command
  }

  /// Marks the result of a command as returned although it is not on disk.
  ///
  /// - Returns: The reply target.
  mutating func answer(_ key: JournalKey) -> ReplyTarget? {
    live[key]?.isAnswered = true
    return live[key]?.target
  }

  // MARK: Results

  /// The location of the result of a command.
  func place(of key: JournalKey) -> Place? { answered[key]?.place }

  /// Takes the unconfirmed results that are not in flight, oldest first, and marks them as in flight.
  mutating func takeUndelivered() -> [JournalKey] {
    let keys = undelivered.filter { !$0.value }.keys.sorted { isOlder($0, $1) }
    for key in keys { undelivered[key] = true }
    let unwritten = live.filter { $0.value.isRequeued }.keys
    for key in unwritten { live[key]?.isRequeued = false }
    return keys + unwritten
  }

  /// Marks a result as not in flight after a failed delivery.
  mutating func requeue(_ key: JournalKey) {
    if undelivered[key] != nil {
      undelivered[key] = false
    } else if live[key]?.isAnswered == true {
      live[key]?.isRequeued = true
    }
  }

  /// Marks a result as confirmed.
  mutating func deliver(_ key: JournalKey) {
    guard undelivered.removeValue(forKey: key) != nil else { return }
    undeliveredBytes -= Int(answered[key]?.place.length ?? 0)
  }

  private func isOlder(_ first: JournalKey, _ second: JournalKey) -> Bool {
    guard let first = answered[first]?.place, let second = answered[second]?.place else { return false }
    return (first.segment, first.offset) < (second.segment, second.offset)
  }

  // MARK: Segments

  /// Appends a segment.
  mutating func append(segment number: UInt32, bytes: Int) {
    segments.append(Segment(number: number, bytes: bytes))
  }

  /// Applies a record of the last segment that is on disk.
  ///
  /// - Parameter isInFlight: Whether an undelivered result is being delivered now.
  mutating func apply(_ record: JournalRecord, offset: Int, length: Int, isInFlight: Bool = false) {
    guard var segment = segments.popLast() else { return }
    segment.bytes = max(segment.bytes, offset + length)
    let place = Place(
      segment: segment.number, offset: UInt32(clamping: offset), length: UInt32(clamping: length))
    switch record {
    case .started(let command, let bootID):
      segment.record(command)
      guard answered[command.key] == nil else { break }
      if live[command.key] == nil { register(command, to: ReplyTarget(replyTo: nil, connectionID: 0)) }
      live[command.key]?.start = (bootID, segment.number)
    case .process(let key, let identity):
      if live[key]?.processes.contains(identity) == false { live[key]?.processes.append(identity) }
    case .answered(let command, _, let isDelivered):
      segment.record(command)
      segment.entries += 1
      let isRequeued = live.removeValue(forKey: command.key)?.isRequeued ?? false
      let wasInFlight = undelivered[command.key]
      removeEarlier(command.key, in: &segment)
      answered[command.key] = Answered(digest: command.digest, place: place)
      if !isDelivered {
        undelivered[command.key] = wasInFlight ?? (isInFlight && !isRequeued)
        undeliveredBytes += length
      }
    case .delivered(let key): deliver(key)
    }
    segments.append(segment)
  }

  /// Removes an earlier record of the same result.
  private mutating func removeEarlier(_ key: JournalKey, in last: inout Segment) {
    deliver(key)
    guard let old = answered.removeValue(forKey: key) else { return }
    if old.place.segment == last.number {
      last.entries -= 1
    } else if let index = segments.firstIndex(where: { $0.number == old.place.segment }) {
      segments[index].entries -= 1
    }
  }

  /// Rejects unknown commands that were made up to a time.
  mutating func raiseWatermark(to time: Int64) {
    dropped = max(dropped, time)
  }

  /// Records that a segment lacks records of commands that may have been made up to a time.
  mutating func recordDamage(in number: UInt32, upTo time: Int64) {
    missing = max(missing, time)
    if let index = segments.firstIndex(where: { $0.number == number }) {
      segments[index].isDamaged = true
    } else {
      isDamagedSegmentGone = true
    }
  }

  /// Lowers the estimate for the missing records to a time.
  mutating func limitDamage(upTo time: Int64) {
    missing = min(missing, time)
  }

  /// The oldest segments that exceed the limits and have to be removed at the next rotation.
  private func surplus(_ limits: JournalLimits) -> [Segment] {
    let newest = newestReceived
    var entries = count
    var bytes = bytes
    return Array(
      segments.prefix { segment in
        let isTooMuch =
          entries + limits.segmentEntries > limits.entries || bytes + limits.segmentBytes > limits.bytes
        let age = newest.subtractingReportingOverflow(segment.newestReceived)
        guard isTooMuch || age.overflow || age.partialValue > limits.age else { return false }
        entries -= segment.entries
        bytes -= segment.bytes
        return true
      })
  }

  /// The plan of a rotation: the content of the new segment, and the segments to remove.
  struct Rotation {
    /// The number of the new segment.
    var number: UInt32
    /// The watermark in its header.
    var watermark: Int64
    /// The segments to remove.
    var surplus: [Segment]
    /// Their running commands, which are carried over.
    var live: [Live]
    /// Their undelivered results, oldest first, which are carried over.
    var undelivered: [Place]
  }

  /// Plans a rotation.
  func rotation(_ limits: JournalLimits) -> Rotation {
    let surplus = surplus(limits)
    let numbers = Set(surplus.map(\.number))
    var excess = undeliveredBytes - limits.undeliveredBytes
    let kept = undelivered.keys.filter { answered[$0].map { numbers.contains($0.place.segment) } ?? false }
      .sorted { isOlder($0, $1) }.compactMap { answered[$0]?.place }
      .drop { place in
        guard excess > 0 else { return false }
        excess -= Int(place.length)
        return true
      }
    return Rotation(
      number: (segments.last?.number ?? 0) &+ 1,
      watermark: surplus.map(watermark(without:)).reduce(isDamagedSegmentGone ? watermark : dropped, max),
      surplus: surplus,
      live: live.values.filter { $0.start.map { numbers.contains($0.segment) } ?? false },
      undelivered: Array(kept))
  }

  /// The watermark after the removal of a segment. Damage in the remaining ones is found again when the files are read.
  private func watermark(without segment: Segment) -> Int64 {
    segment.isDamaged ? max(segment.newestMade, missing) : segment.newestMade
  }

  /// Removes a segment and the results in it.
  ///
  /// - Returns: The number of unconfirmed results that are lost.
  mutating func drop(_ number: UInt32) -> Int {
    guard let index = segments.firstIndex(where: { $0.number == number }) else { return 0 }
    raiseWatermark(to: watermark(without: segments[index]))
    segments.remove(at: index)
    var losses = 0
    for key in answered.filter({ $0.value.place.segment == number }).map(\.key) {
      if undelivered[key] != nil { losses += 1 }
      deliver(key)
      answered[key] = nil
    }
    return losses
  }
}

extension JournalIndex.Segment {
  fileprivate mutating func record(_ command: JournaledCommand) {
    newestMade = max(newestMade, command.made)
    newestReceived = max(newestReceived, command.received)
  }
}
