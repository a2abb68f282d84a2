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

  private struct Waiting {
    let ticket: Ticket
    let command: Command
    let size: Int
  }

  private struct Line {
    var waiting: Deque<Waiting> = []
    var workers = 0
    let workerLimit: Int
  }

  private var ordered: Line
  private var parallel: Line
  private var lastTicket: Ticket = 0
  private let capacity: Int
  private let byteCapacity: Int
  private var bytes = 0

  /// A queue.
  ///
  /// - Parameters:
  ///   - parallelLimit: How many parallel commands run at a time, at least 1.
  ///   - capacity: How many commands may wait.
  ///   - byteCapacity: How many bytes they may take together.
  init(parallelLimit: Int, capacity: Int, byteCapacity: Int) {
    ordered = Line(workerLimit: 1)
    parallel = Line(workerLimit: max(1, parallelLimit))
    self.capacity = capacity
    self.byteCapacity = byteCapacity
  }

  /// How many wait.
  var waitingCount: Int { ordered.waiting.count + parallel.waiting.count }

  /// Puts a command at the end of its lane.
  ///
  /// - Parameter size: The bytes that it takes.
  mutating func enqueue(_ command: Command, size: Int, in lane: Lane) -> Admission {
    guard waitingCount < capacity, bytes + size <= byteCapacity else { return .full }
    bytes += size
    lastTicket += 1
    let ticket = lastTicket
    return withLine(lane) { line in
      line.waiting.append(Waiting(ticket: ticket, command: command, size: size))
      guard line.workers < line.workerLimit else { return .queued }
      line.workers += 1
      return .startWorker
    }
  }

  /// The next command for a worker of that lane; nil ends the worker.
  mutating func next(in lane: Lane) -> (ticket: Ticket, command: Command)? {
    let next = withLine(lane) { line in
      let next = line.waiting.popFirst()
      if next == nil { line.workers -= 1 }
      return next
    }
    guard let next else { return nil }
    bytes -= next.size
    return (next.ticket, next.command)
  }

  /// Takes the waiting commands out that `matches` picks.
  mutating func remove(where matches: @Sendable (Command) -> Bool) -> [Command] {
    var removed: [Waiting] = []
    for lane in Lane.allCases {
      withLine(lane) { line in
        removed += line.waiting.filter { matches($0.command) }
        line.waiting.removeAll { matches($0.command) }
      }
    }
    bytes -= removed.reduce(0) { $0 + $1.size }
    return removed.map(\.command)
  }

  private mutating func withLine<Result>(_ lane: Lane, _ body: (inout Line) -> Result) -> Result {
    switch lane {
    case .ordered: body(&ordered)
    case .parallel: body(&parallel)
    }
  }
}
