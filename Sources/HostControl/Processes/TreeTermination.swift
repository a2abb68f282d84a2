import Glibc

/// Ending a program and all it started: SIGTERM, a grace, SIGKILL. Advanced by its owner's clock.
struct TreeTermination {
  private enum Stage {
    case terminating(killAt: UInt64)
    case killing(giveUpAt: UInt64)
  }

  private var tree: ProcessTree
  private var stage: Stage
  private var interval: UInt64 = 1_000_000

  /// A killed process that is still there after this hangs in a system call; nothing more can be
  /// done about it, and the run must not hang with it.
  private static let killPatience = Duration.milliseconds(100)

  /// Stops the tree, then lets it go on with a SIGTERM to act upon.
  ///
  /// Nil when nothing of it lives any more.
  init?(
    of root: ProcessTree.Root, grace: Duration, now: UInt64, adopting isAdopted: (ProcessRecord) -> Bool
  ) {
    tree = ProcessTree(root)
    guard tree.freeze(adopting: isAdopted) else { return nil }
    stage = .terminating(killAt: MonotonicClock.time(grace, after: now))
    tree.signal(SIGTERM)
    tree.signal(SIGCONT)
  }

  /// Looks at the tree and does what is due.
  ///
  /// - Returns: When to look again, nil when all of it has ended or nothing more can be done.
  mutating func advance(now: UInt64, adopting isAdopted: (ProcessRecord) -> Bool) -> UInt64? {
    if tree.forgetEnded() {
      // What it started while it was ending.
      guard tree.freeze(adopting: isAdopted) else { return nil }
      return kill(now: now)
    }
    switch stage {
    case .terminating(let killAt) where now >= killAt:
      tree.freeze(adopting: isAdopted)
      return kill(now: now)
    case .terminating(let killAt):
      return min(nextLook(now), killAt)
    case .killing(let giveUpAt) where now >= giveUpAt:
      return nil
    case .killing:
      return nextLook(now)
    }
  }

  private mutating func kill(now: UInt64) -> UInt64 {
    tree.signal(SIGKILL)
    if case .terminating = stage {
      stage = .killing(giveUpAt: MonotonicClock.time(Self.killPatience, after: now))
    }
    interval = 1_000_000
    return nextLook(now)
  }

  private mutating func nextLook(_ now: UInt64) -> UInt64 {
    defer { interval = min(interval * 2, 8_000_000) }
    return now &+ interval
  }
}
