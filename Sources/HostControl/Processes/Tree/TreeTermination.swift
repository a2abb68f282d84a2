import Clocks
import Glibc

/// Terminates a process tree: SIGTERM, and SIGKILL after a grace period. Its owner supplies the time.
struct TreeTermination {
  private enum Stage {
    case terminating(killAt: UInt64)
    case killing(giveUpAt: UInt64)
  }

  private var tree: ProcessTree
  private var stage: Stage
  private var interval: UInt64 = 1_000_000

  /// How long killed processes are waited for. One that is left hangs in a system call, and the run must not hang with it.
  private static let killTimeout = Duration.milliseconds(100)

  /// Stops the tree and continues it with a pending SIGTERM.
  ///
  /// Nil when none of its processes is running.
  init?(
    of root: ProcessTree.Root, grace: Duration, now: UInt64, adopting isAdopted: (ProcessRecord) -> Bool
  ) {
    tree = ProcessTree(root)
    guard tree.freeze(adopting: isAdopted) else { return nil }
    stage = .terminating(killAt: MonotonicClock.time(grace, after: now))
    tree.signal(SIGTERM)
    tree.signal(SIGCONT)
  }

  /// Checks the tree and sends SIGKILL when that is due.
  ///
  /// - Returns: The time of the next check; nil when all processes have ended, or waiting for killed ones has timed out.
  mutating func advance(now: UInt64, adopting isAdopted: (ProcessRecord) -> Bool) -> UInt64? {
    if tree.removeEnded() {
      // Processes that members have started before they ended.
      guard tree.freeze(adopting: isAdopted) else { return nil }
      return kill(now: now)
    }
    switch stage {
    case .terminating(let killAt) where now >= killAt:
      tree.freeze(adopting: isAdopted)
      return kill(now: now)
    case .terminating(let killAt):
      return min(nextCheck(now), killAt)
    case .killing(let giveUpAt) where now >= giveUpAt:
      return nil
    case .killing:
      return nextCheck(now)
    }
  }

  private mutating func kill(now: UInt64) -> UInt64 {
    tree.signal(SIGKILL)
    if case .terminating = stage {
      stage = .killing(giveUpAt: MonotonicClock.time(Self.killTimeout, after: now))
    }
    interval = 1_000_000
    return nextCheck(now)
  }

  private mutating func nextCheck(_ now: UInt64) -> UInt64 {
    defer { interval = min(interval * 2, 8_000_000) }
    return now &+ interval
  }
}
