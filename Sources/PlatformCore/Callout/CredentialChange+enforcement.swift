import PlatformAPI

/// What a change means for connections that stand.
extension CredentialChange {
  /// When to look, in seconds from the change: at once, and again for connections that were let in meanwhile by an instance
  /// that had not seen the change yet.
  private static let checkDelays = [0, 1.5, 5]

  /// Which grants (``CalloutGrant``) end, and when their connections are to be ended, in unix seconds: from now on where a token
  /// or role was taken away, and when a token runs out, as a JWT that was issued before that was decided is good for longer.
  func endsOfGrants(now: Double) -> [(grant: String, at: Double)] {
    let before: Set<String>
    let after: Set<String>
    var later: [(String, Double)] = []
    switch self {
    case .agent(let old, let new):
      // A token that ran out meanwhile is among those taken away.
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
