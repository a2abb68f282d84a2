import DequeModule

/// Which requests are worked on, which wait, which are turned away: so many at a time, so many waiting, in the order in which
/// they came. Nobody has more than a share of either, so that one who asks much does not keep the others from being answered.
struct APIIntake<Request: Sendable> {
  enum Admission: Equatable {
    /// Start working on it.
    case start
    /// It waits.
    case waits
    /// There is no room for it.
    case full
  }

  /// A request, and who asks.
  struct Entry: Sendable {
    var request: Request
    var asker: String
  }

  private struct Share {
    var running = 0
    var waiting = 0
  }

  let maximumRunning: Int
  let maximumWaiting: Int
  /// Of the running ones, for each who asks.
  let runningShare: Int
  /// Of the waiting ones, for each who asks.
  let waitingShare: Int
  private(set) var running = 0
  private var waiting = Deque<Entry>()
  private var shares: [String: Share] = [:]

  init(maximumRunning: Int, maximumWaiting: Int, runningShare: Int, waitingShare: Int) {
    self.maximumRunning = maximumRunning
    self.maximumWaiting = maximumWaiting
    self.runningShare = runningShare
    self.waitingShare = waitingShare
  }

  mutating func admit(_ request: Request, of asker: String) -> Admission {
    var share = shares[asker, default: Share()]
    defer { keep(share, of: asker) }
    if running < maximumRunning, share.running < runningShare {
      running += 1
      share.running += 1
      return .start
    }
    guard waiting.count < maximumWaiting, share.waiting < waitingShare else { return .full }
    waiting.append(Entry(request: request, asker: asker))
    share.waiting += 1
    return .waits
  }

  /// One is done.
  ///
  /// - Returns: the one to go on with, the first whose asker has not its share running; nil to stop.
  mutating func next(after done: String) -> Entry? {
    var share = shares[done, default: Share()]
    share.running -= 1
    keep(share, of: done)
    guard
      let index = waiting.firstIndex(where: { shares[$0.asker, default: Share()].running < runningShare })
    else {
      running -= 1
      return nil
    }
    let entry = waiting.remove(at: index)
    var its = shares[entry.asker, default: Share()]
    its.waiting -= 1
    its.running += 1
    keep(its, of: entry.asker)
    return entry
  }

  private mutating func keep(_ share: Share, of asker: String) {
    shares[asker] = share.running == 0 && share.waiting == 0 ? nil : share
  }
}
