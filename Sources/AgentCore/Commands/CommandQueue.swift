import DequeModule

/// Who is next: a pure value.
///
/// Ordered commands run one after another in the order of their arrival; parallel ones beside them, up to a limit.
struct CommandQueue<Command> {
  /// A number for each command that was admitted, never used again.
  typealias Ticket = UInt64

  /// The line that a command stands in.
  enum Lane: Sendable, CaseIterable {
    /// One at a time.
    case ordered
    /// Several at a time.
    case parallel
  }

  /// What follows from a new command.
  enum Admission: Equatable {
    /// A worker is needed to run what waits in that lane.
    case startWorker
    /// Workers are at it already.
    case queued
    /// No room: nothing was queued.
    case full
  }

  private struct Line {
    var waiting: Deque<(ticket: Ticket, command: Command)> = []
    var workers = 0
    let workerLimit: Int
  }

  private var ordered: Line
  private var parallel: Line
  private var lastTicket: Ticket = 0
  private let capacity: Int

  /// A queue.
  ///
  /// - Parameters:
  ///   - parallelLimit: How many parallel commands run at a time, at least 1.
  ///   - capacity: How many commands may wait.
  init(parallelLimit: Int, capacity: Int) {
    ordered = Line(workerLimit: 1)
    parallel = Line(workerLimit: max(1, parallelLimit))
    self.capacity = capacity
  }

  /// How many wait.
  var waitingCount: Int { ordered.waiting.count + parallel.waiting.count }

  /// Puts a command at the end of its lane.
  mutating func enqueue(_ command: Command, in lane: Lane) -> Admission {
    guard waitingCount < capacity else { return .full }
    lastTicket += 1
    let ticket = lastTicket
    return withLine(lane) { line in
      line.waiting.append((ticket, command))
      guard line.workers < line.workerLimit else { return .queued }
      line.workers += 1
      return .startWorker
    }
  }

  /// The next command for a worker of that lane; nil ends the worker.
  mutating func next(in lane: Lane) -> (ticket: Ticket, command: Command)? {
    withLine(lane) { line in
      if let next = line.waiting.popFirst() { return next }
      line.workers -= 1
      return nil
    }
  }

  /// Takes the waiting commands out that `matches` picks.
  mutating func remove(where matches: @Sendable (Command) -> Bool) -> [Command] {
    var removed: [Command] = []
    for lane in Lane.allCases {
      withLine(lane) { line in
        removed += line.waiting.lazy.map(\.command).filter(matches)
        line.waiting.removeAll { matches($0.command) }
      }
    }
    return removed
  }

  private mutating func withLine<Result>(_ lane: Lane, _ body: (inout Line) -> Result) -> Result {
    switch lane {
    case .ordered: body(&ordered)
    case .parallel: body(&parallel)
    }
  }
}
