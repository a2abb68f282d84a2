import DequeModule
import Encoding

/// A bounded queue of requests, in the order of their arrival.
///
/// Each operator may use only a share of the running and of the waiting requests, so that one with many requests does
/// not delay the others.
struct RequestQueue<Request: Sendable> {
  /// What happens to a new request.
  enum Admission: Equatable {
    /// It runs now.
    case start
    /// It waits.
    case queued
    /// The queue, or the operator's share of it, is full.
    case full
  }

  /// A request with the operator that sent it.
  struct Entry: Sendable {
    var request: Request
    var operatorName: String
  }

  private struct Share {
    var running = 0
    var waiting = 0
  }

  let maximumRunning: Int
  let maximumWaiting: Int
  /// The most running requests of one operator.
  let runningShare: Int
  /// The most waiting requests of one operator.
  let waitingShare: Int
  private(set) var running = 0
  private var waiting = Deque<Entry>()
  private var shares: [ExactString: Share] = [:]

  init(maximumRunning: Int, maximumWaiting: Int, runningShare: Int, waitingShare: Int) {
    self.maximumRunning = maximumRunning
    self.maximumWaiting = maximumWaiting
    self.runningShare = runningShare
    self.waitingShare = waitingShare
  }

  /// Starts, queues or rejects a request.
  mutating func admit(_ request: Request, of operatorName: String) -> Admission {
    var share = shares[ExactString(operatorName), default: Share()]
    defer { update(share, of: operatorName) }
    if running < maximumRunning, share.running < runningShare {
      running += 1
      share.running += 1
      return .start
    }
    guard waiting.count < maximumWaiting, share.waiting < waitingShare else { return .full }
    waiting.append(Entry(request: request, operatorName: operatorName))
    share.waiting += 1
    return .queued
  }

  /// Ends a request, and starts the first waiting one whose operator has a part of its share free.
  ///
  /// - Parameter operatorName: The operator of the request that ended.
  /// - Returns: The request that starts; nil if there is none.
  mutating func next(after operatorName: String) -> Entry? {
    var share = shares[ExactString(operatorName), default: Share()]
    share.running -= 1
    update(share, of: operatorName)
    guard
      let index = waiting.firstIndex(where: {
        shares[ExactString($0.operatorName), default: Share()].running < runningShare
      })
    else {
      running -= 1
      return nil
    }
    let entry = waiting.remove(at: index)
    var next = shares[ExactString(entry.operatorName), default: Share()]
    next.waiting -= 1
    next.running += 1
    update(next, of: entry.operatorName)
    return entry
  }

  private mutating func update(_ share: Share, of operatorName: String) {
    shares[ExactString(operatorName)] = share.running == 0 && share.waiting == 0 ? nil : share
  }
}
