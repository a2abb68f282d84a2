/// When the platform sends its time to which agent: a pure value without clock and I/O. All times are unix seconds.
///
/// An agent whose clock is not synchronised judges `expires_at` by that time. It is sent in answer to a message of the agent, so that
/// the agent knows how old it is.
struct TimeSchedule: Sendable {
  /// An event that was read so long after it reached the server is not answered: the answer would measure nothing. The clocks of
  /// server and platform may differ.
  static let freshness: Double = 300
  /// So long after an announcement a heartbeat is answered as well: the first answer may have met servers that did not know yet
  /// where the agent is.
  static let confirmation: Double = 10
  /// How long the clock of an agent may be relied on, which goes wrong by seconds a day.
  static let interval: Double = 86_400

  /// How many announcements of one agent are answered in a row: it announces itself after each connect, also where several servers
  /// refuse it one after another.
  static let burst: Double = 8
  /// After those, one announcement in so many seconds is answered. What is not is answered at a heartbeat.
  static let refill: Double = 5
  /// How many agents can be known to have announced themselves lately.
  static let maximumBuckets = 10_000

  /// The answers that an agent may still get (a token bucket).
  private struct Bucket: Sendable {
    var answers: Double
    var at: Double

    /// The answers at a later time.
    func answers(at now: Double) -> Double {
      min(TimeSchedule.burst, answers + max(0, now - at) / TimeSchedule.refill)
    }
  }

  /// When the next heartbeat of an agent is answered.
  private var dueAt: [String: Double] = [:]
  /// An agent without one has the whole burst.
  private var buckets: [String: Bucket] = [:]

  /// How many buckets there are.
  var bucketCount: Int { buckets.count }

  /// An agent has announced itself.
  ///
  /// - Returns: Whether it is to be answered.
  mutating func recordAnnouncement(of uuid: String, at time: Double, now: Double) -> Bool {
    guard now - time <= Self.freshness else { return false }
    guard takeAnswer(of: uuid, now: now) else {
      // Announcements that are not answered never put off the answer to a heartbeat.
      dueAt[uuid] = min(dueAt[uuid] ?? .infinity, now + Self.confirmation)
      return false
    }
    dueAt[uuid] = now + Self.confirmation
    return true
  }

  private mutating func takeAnswer(of uuid: String, now: Double) -> Bool {
    let bucket = buckets[uuid]
    let answers = bucket?.answers(at: now) ?? Self.burst
    guard answers >= 1 else {
      // After the clock was set back the time counts from there.
      if let bucket, now < bucket.at { buckets[uuid]?.at = now }
      return false
    }
    if bucket == nil, buckets.count >= Self.maximumBuckets { makeRoom(now: now) }
    buckets[uuid] = Bucket(answers: answers - 1, at: now)
    return true
  }

  /// Forgets the buckets that are full again, and all where few of them are: at most every agent has another burst then.
  private mutating func makeRoom(now: Double) {
    buckets = buckets.filter { $0.value.answers(at: now) < Self.burst }
    if buckets.count > Self.maximumBuckets / 2 { buckets = [:] }
  }

  /// A heartbeat was received.
  ///
  /// - Returns: Whether it is to be answered.
  mutating func recordHeartbeat(of uuid: String, at time: Double, now: Double) -> Bool {
    guard now - time <= Self.freshness, now >= dueAt[uuid] ?? -.infinity else { return false }
    dueAt[uuid] = now + Self.interval
    return true
  }
}
