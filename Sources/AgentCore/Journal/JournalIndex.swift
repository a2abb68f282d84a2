import DequeModule
import HostControl

/// What the journal knows without looking into its files: a pure value, and a small one. Results stay in the files.
struct JournalIndex {
  /// Where a frame lies.
  struct Place: Equatable {
    let segment: UInt32
    let offset: UInt32
    let length: UInt32
  }

  /// What is known of a command whose id has come before.
  enum Lookup: Equatable {
    /// It never came.
    case unknown
    /// It waits or runs; its answer goes the newest way.
    case pending
    /// It was answered.
    case answered
    /// The same id asked for something else.
    case different
    /// It never came, or was forgotten: it is too old to tell.
    case forgotten
  }

  /// A file of the journal.
  struct Segment: Equatable {
    let number: UInt32
    /// How many results are found there and nowhere later.
    var entries = 0
    var bytes = 0
    /// When the youngest of its commands was made, and when the last one came.
    var newestMade = Int64.min
    var newestReceived = Int64.min
    /// Whether records are missing there.
    var isDamaged = false
  }

  /// A command that has no result on disk yet.
  struct Live {
    let command: JournaledCommand
    var target: ReplyTarget
    /// The boot that it started in, and the segment that says so; nil while it waits.
    var start: (bootID: String, segment: UInt32)?
    var processes: [ProcessIdentity] = []
    /// It has ended, and needs no room for its result any more.
    var hasEnded = false
    /// Its result was handed out although no disk has taken it.
    var isAnswered = false
    /// That result did not get through, and waits for another connection.
    var isRequeued = false
  }

  private struct Answered {
    let digest: UInt64
    var place: Place
  }

  private(set) var segments: Deque<Segment> = []
  /// What was made up to this time and is not known may have run.
  var watermark: Int64 { max(dropped, missing) }
  /// The part of the watermark that is for what was dropped.
  private var dropped = Int64.min
  /// The part of the watermark that is for what damage has hit: an estimate, made anew each time that the files are read.
  private var missing = Int64.min
  /// Whether records are missing in a segment that was removed: nothing but the next header shows it at the next start.
  private var isDamagedSegmentGone = false
  private(set) var live: [JournalKey: Live] = [:]
  private var answered: [JournalKey: Answered] = [:]
  /// The results that no server has confirmed, and whether they are on their way now.
  private var undelivered: [JournalKey: Bool] = [:]
  private(set) var undeliveredBytes = 0

  /// How many results are kept.
  var count: Int { answered.count }
  /// How many of them no server has confirmed.
  var undeliveredCount: Int { undelivered.count }
  /// The bytes of all segments.
  var bytes: Int { segments.reduce(0) { $0 + $1.bytes } }
  /// How many commands run, each of which will have a result.
  var runningCount: Int { live.values.count { $0.start != nil && !$0.hasEnded } }
  /// The time at which the youngest of all known commands was made.
  var newestMade: Int64 { segments.map(\.newestMade).max() ?? .min }
  /// When the last of all known commands was received.
  var newestReceived: Int64 { segments.map(\.newestReceived).max() ?? .min }

  // MARK: Commands

  /// Looks a command up; one that is pending from now on answers to `target`.
  ///
  /// - Parameters:
  ///   - digest: Computed only when it is needed.
  ///   - made: When it was made; nil = not known, or it does not matter as nothing would run.
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

  /// A command waits.
  mutating func register(_ command: JournaledCommand, to target: ReplyTarget) {
    live[command.key] = Live(command: command, target: target)
  }

  /// A command never ran and is as if it had not come.
  mutating func withdraw(_ key: JournalKey) -> Live? {
    live.removeValue(forKey: key)
  }

  /// A command has started a process.
  mutating func recordProcess(_ identity: ProcessIdentity, of key: JournalKey) {
    live[key]?.processes.append(identity)
  }

  /// A command has ended; nothing of it is on disk yet.
  mutating func end(_ key: JournalKey) -> JournaledCommand? {
    live[key]?.hasEnded = true
    return live[key]?.command
  }

  /// The result of a command is handed out, on disk or not.
  ///
  /// - Returns: Where it goes.
  mutating func answer(_ key: JournalKey) -> ReplyTarget? {
    live[key]?.isAnswered = true
    return live[key]?.target
  }

  // MARK: Results

  /// Where the result of a command lies.
  func place(of key: JournalKey) -> Place? { answered[key]?.place }

  /// The results that no server has confirmed and that are not on their way, the oldest first. They are from now on.
  mutating func takeUndelivered() -> [JournalKey] {
    let keys = undelivered.filter { !$0.value }.keys.sorted { isOlder($0, $1) }
    for key in keys { undelivered[key] = true }
    let unstored = live.filter { $0.value.isRequeued }.keys
    for key in unstored { live[key]?.isRequeued = false }
    return keys + unstored
  }

  /// A result did not get through; it may later.
  mutating func requeue(_ key: JournalKey) {
    if undelivered[key] != nil {
      undelivered[key] = false
    } else if live[key]?.isAnswered == true {
      live[key]?.isRequeued = true
    }
  }

  /// The server has confirmed a result.
  mutating func deliver(_ key: JournalKey) {
    guard undelivered.removeValue(forKey: key) != nil else { return }
    undeliveredBytes -= Int(answered[key]?.place.length ?? 0)
  }

  private func isOlder(_ first: JournalKey, _ second: JournalKey) -> Bool {
    guard let first = answered[first]?.place, let second = answered[second]?.place else { return false }
    return (first.segment, first.offset) < (second.segment, second.offset)
  }

  // MARK: Segments

  /// A segment follows the others.
  mutating func append(segment number: UInt32, bytes: Int) {
    segments.append(Segment(number: number, bytes: bytes))
  }

  /// A record is on disk, in the last segment.
  ///
  /// - Parameter isInFlight: Whether a result that is not delivered is being delivered now.
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
      forget(command.key, in: &segment)
      answered[command.key] = Answered(digest: command.digest, place: place)
      if !isDelivered {
        undelivered[command.key] = wasInFlight ?? (isInFlight && !isRequeued)
        undeliveredBytes += length
      }
    case .delivered(let key): deliver(key)
    }
    segments.append(segment)
  }

  /// An earlier place of the same result counts no more.
  private mutating func forget(_ key: JournalKey, in last: inout Segment) {
    deliver(key)
    guard let old = answered.removeValue(forKey: key) else { return }
    if old.place.segment == last.number {
      last.entries -= 1
    } else if let index = segments.firstIndex(where: { $0.number == old.place.segment }) {
      segments[index].entries -= 1
    }
  }

  /// Nothing that is not known and was made up to `time` is run any more.
  mutating func raiseWatermark(to time: Int64) {
    dropped = max(dropped, time)
  }

  /// Records are missing in a segment; the commands may have been made up to `time`.
  mutating func recordDamage(in number: UInt32, upTo time: Int64) {
    missing = max(missing, time)
    if let index = segments.firstIndex(where: { $0.number == number }) {
      segments[index].isDamaged = true
    } else {
      isDamagedSegmentGone = true
    }
  }

  /// What is missing was made up to `time` at most, as is known by now.
  mutating func limitDamage(upTo time: Int64) {
    missing = min(missing, time)
  }

  /// The oldest segments, as many as must go before another one is begun.
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

  /// What another segment begins with, and what goes then.
  struct Rotation {
    /// The number of the new segment.
    var number: UInt32
    /// What its header says.
    var watermark: Int64
    /// The segments that go.
    var surplus: [Segment]
    /// The commands noted there that have not ended.
    var live: [Live]
    /// The results found there that were not delivered, the oldest first.
    var undelivered: [Place]
  }

  /// What has to be done when the last segment is full.
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

  /// What may have run of what is not known without a segment. A damaged one that stays is found to be damaged again.
  private func watermark(without segment: Segment) -> Int64 {
    segment.isDamaged ? max(segment.newestMade, missing) : segment.newestMade
  }

  /// A segment is gone, and with it all that was found there only.
  ///
  /// - Returns: How many results are lost that no server has confirmed.
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
