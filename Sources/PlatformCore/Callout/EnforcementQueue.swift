import PlatformAPI

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

extension CredentialChange {
  /// The delays in seconds after which connections are checked: at once, and again for connections that were accepted meanwhile by
  /// an instance that had not observed the change.
  private static let checkDelays = [0, 1.5, 5]

  /// The grants (``CalloutGrant``) that end with this change, each with the time at which its connections are to be closed, in unix
  /// seconds: now for a revoked token or role, and the expiry of a token, because an earlier JWT is valid for longer.
  func endsOfGrants(now: Double) -> [(grant: String, at: Double)] {
    let before: Set<String>
    let after: Set<String>
    var later: [(String, Double)] = []
    switch self {
    case .agent(let old, let new):
      // Includes tokens that expired meanwhile.
      before = CalloutGrant.valid(for: old, at: -.infinity)
      after = CalloutGrant.valid(for: new, at: now)
      if let new, !new.isRevoked {
        for token in new.tokens {
          guard let end = token.expiresAt, end > now else { continue }
          later.append((CalloutGrant.name(agent: new.uuid, token: token), end))
        }
      }
    case .operator(let old, let new):
      before = CalloutGrant.valid(for: old)
      after = CalloutGrant.valid(for: new)
    }
    let ended = before.subtracting(after).flatMap { grant in Self.checkDelays.map { (grant, now + $0) } }
    return ended + later
  }
}
