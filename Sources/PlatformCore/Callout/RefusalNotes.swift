/// Which refusals are worth a line in log and audit record. A client that is refused tries again every few seconds, and one
/// that guesses does so much faster: each name and reason is noted once a minute, all together at most `perMinute` times.
struct RefusalNotes: Sendable {
  private struct Key: Hashable {
    var user: String
    var refusal: CalloutRefusal
  }

  private static let period = 60.0
  private static let hour = 3600.0

  private let perMinute: Int
  private var noted: Set<Key> = []
  private var began = -Double.infinity
  private var unnoted = 0
  private let strangersPerHour: Int
  private var strangers = 0
  private var hourBegan = -Double.infinity

  init(perMinute: Int = 300, strangersPerHour: Int = 20) {
    self.perMinute = perMinute
    self.strangersPerHour = strangersPerHour
  }

  /// Whether the refusal of a name that nobody has goes into the audit record, too: only some, as anyone may make up names and
  /// drive out what the record is for.
  ///
  /// - Parameter now: as in ``note(_:_:now:)``.
  mutating func mayRecordStranger(now: Double) -> Bool {
    if now - hourBegan >= Self.hour {
      hourBegan = now
      strangers = 0
    }
    guard strangers < strangersPerHour else { return false }
    strangers += 1
    return true
  }

  /// - Parameter now: in seconds of a clock that never goes back.
  /// - Returns: nil when it is not to be noted; else how many have not been noted since the last one that was.
  mutating func note(_ user: String, _ refusal: CalloutRefusal, now: Double) -> Int? {
    if now - began >= Self.period {
      noted.removeAll(keepingCapacity: true)
      began = now
    }
    let key = Key(user: user, refusal: refusal)
    guard noted.count < perMinute, noted.insert(key).inserted else {
      unnoted += 1
      return nil
    }
    defer { unnoted = 0 }
    return unnoted
  }
}
