/// Which alarms go into the audit record: of each kind about each object one an hour, with the number of those that were
/// suppressed before. A value without clock.
struct AlarmThrottle: Sendable {
  private struct Key: Hashable {
    var action: String
    var object: String
  }

  private struct Episode {
    var began: Double
    var suppressed = 0
  }

  /// Seconds between two entries of one kind about one object.
  static let period = 3_600.0
  private static let maximumEpisodes = 16_384

  private var episodes: [Key: Episode] = [:]

  /// Counts an alarm that is not recorded.
  mutating func suppress(_ action: String, of object: String) {
    episodes[Key(action: action, object: object)]?.suppressed += 1
  }

  /// Whether an alarm is to be recorded.
  ///
  /// - Parameter now: in seconds of a clock that never goes back.
  /// - Returns: nil when it is suppressed, else how many have been since the last one that was recorded.
  mutating func admit(_ action: String, of object: String, now: Double) -> Int? {
    let key = Key(action: action, object: object)
    if let episode = episodes[key], now - episode.began < Self.period { return nil }
    let suppressed = episodes[key]?.suppressed ?? 0
    if episodes.count >= Self.maximumEpisodes, episodes[key] == nil {
      episodes = episodes.filter { now - $0.value.began < Self.period }
      // Too many objects at a time: the byte budget of all alarms bounds them.
      if episodes.count >= Self.maximumEpisodes { episodes.removeAll() }
    }
    episodes[key] = Episode(began: now)
    return suppressed
  }
}
