/// Decides which messages of agents are answered with the platform's time. No clock, no I/O. All times are unix seconds.
///
/// An agent whose clock is not synchronised evaluates `expires_at` by this time. It is sent in reply to a message of the agent, so
/// that the agent can bound its age.
struct TimeSchedule: Sendable {
  /// The maximum age in seconds of an event that is answered. It allows for different clocks of server and platform.
  static let freshness: Double = 300
  /// The seconds after an announcement at which a heartbeat is answered as well: the first answer may have been lost where servers
  /// did not know the subscription yet.
  static let confirmation: Double = 10
  /// The seconds after which the time is sent again; clocks drift by seconds a day.
  static let interval: Double = 86_400

  /// The number of announcements of one agent that are answered in a row. An agent announces itself after each connect, also when
  /// several servers reject it one after another.
  static let burst: Double = 8
  /// The seconds in which one more announcement may be answered. A heartbeat answers the others.
  static let refill: Double = 5
  /// The maximum number of agents with a token bucket.
  static let maximumBuckets = 10_000

  /// The token bucket of an agent.
  private struct Bucket: Sendable {
    var answers: Double
    var at: Double

    /// The tokens at a later time.
    func answers(at now: Double) -> Double {
      min(TimeSchedule.burst, answers + max(0, now - at) / TimeSchedule.refill)
    }
  }

  /// The times from which on the next heartbeat of each agent is answered.
  private var dueAt: [String: Double] = [:]
  /// The token buckets by agent. An agent without one has the whole burst.
  private var buckets: [String: Bucket] = [:]

  /// The number of token buckets.
  var bucketCount: Int { buckets.count }

  /// Records an announcement.
  ///
  /// - Returns: Whether to answer it.
  mutating func recordAnnouncement(of uuid: String, at time: Double, now: Double) -> Bool {
    guard now - time <= Self.freshness else { return false }
    guard takeAnswer(of: uuid, now: now) else {
      // Unanswered announcements never postpone the answer to a heartbeat.
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
      // The clock was set back; the refill restarts from there.
      if let bucket, now < bucket.at { buckets[uuid]?.at = now }
      return false
    }
    if bucket == nil, buckets.count >= Self.maximumBuckets { makeRoom(now: now) }
    buckets[uuid] = Bucket(answers: answers - 1, at: now)
    return true
  }

  /// Removes full buckets, and all of them when few are full. In the worst case every agent gets another burst.
  private mutating func makeRoom(now: Double) {
    buckets = buckets.filter { $0.value.answers(at: now) < Self.burst }
    if buckets.count > Self.maximumBuckets / 2 { buckets = [:] }
  }

  /// Records a heartbeat.
  ///
  /// - Returns: Whether to answer it.
  mutating func recordHeartbeat(of uuid: String, at time: Double, now: Double) -> Bool {
    guard now - time <= Self.freshness, now >= dueAt[uuid] ?? -.infinity else { return false }
    dueAt[uuid] = now + Self.interval
    return true
  }
}
