/// The grants whose connections are to be checked, each with its times in seconds of any clock. No I/O.
struct EnforcementQueue: Sendable {
  private var due: [String: [Double]] = [:]

  /// The number of grants.
  var count: Int { due.count }

  mutating func add(_ grant: String, at time: Double) {
    var times = due[grant, default: []]
    guard !times.contains(time) else { return }
    times.append(time)
    due[grant] = times
  }

  /// Removes and returns the due grants, at most `limit`, each once.
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
