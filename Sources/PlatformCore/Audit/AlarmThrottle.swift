import Encoding

/// Limits the alarms in the audit record to one an hour of each kind about each object, and counts the suppressed
/// ones. No clock of its own.
struct AlarmThrottle: Sendable {
  private struct Key: Hashable {
    var action: ExactString
    var object: ExactString

    init(_ action: String, of object: String) {
      self.action = ExactString(action)
      self.object = ExactString(object)
    }
  }

  private struct Episode {
    var began: Double
    var suppressed = 0
  }

  /// The shortest time between two entries of one kind about one object, in seconds.
  static let period = 3_600.0
  private static let maximumEpisodes = 16_384

  private var episodes: [Key: Episode] = [:]

  /// Counts a suppressed alarm.
  mutating func suppress(_ action: String, of object: String) {
    episodes[Key(action, of: object)]?.suppressed += 1
  }

  /// Decides whether an alarm is recorded.
  ///
  /// - Parameter now: Monotonic time in seconds.
  /// - Returns: Nil when it is suppressed, else the number of alarms suppressed since the last recorded one.
  mutating func admit(_ action: String, of object: String, now: Double) -> Int? {
    let key = Key(action, of: object)
    if let episode = episodes[key], now - episode.began < Self.period { return nil }
    let suppressed = episodes[key]?.suppressed ?? 0
    if episodes.count >= Self.maximumEpisodes, episodes[key] == nil {
      episodes = episodes.filter { now - $0.value.began < Self.period }
      // The byte budget of all alarms still bounds them.
      if episodes.count >= Self.maximumEpisodes { episodes.removeAll() }
    }
    episodes[key] = Episode(began: now)
    return suppressed
  }
}
