/// The connections of which grants are to be looked at, and when. Pure; times in seconds of any one clock.
struct EnforcementQueue: Sendable {
  private var due: [String: [Double]] = [:]

  /// How many grants are waited for.
  var count: Int { due.count }

  mutating func add(_ grant: String, at time: Double) {
    var times = due[grant, default: []]
    guard !times.contains(time) else { return }
    times.append(time)
    due[grant] = times
  }

  /// Takes out those that are due, each once.
  mutating func takeDue(now: Double, limit: Int) -> [String] {
    var taken: [String] = []
    for (grant, times) in due where taken.count < limit && times.contains(where: { $0 <= now }) {
      taken.append(grant)
      let later = times.filter { $0 > now }
      due[grant] = later.isEmpty ? nil : later
    }
    return taken
  }
}
