import DequeModule

/// Who may start: a pure value.
///
/// Ordered commands run one after another in the order of their arrival; parallel ones beside them, up to a limit; an `exclusive`
/// command beside everything; a `barrier` alone, after all that came before it and before all that came after it.
struct CommandQueue<Command> {
  /// A number for each command that was admitted, never used again.
  typealias Ticket = UInt64

  /// The line that a command stands in.
  enum Lane: Sendable, Hashable {
    /// One at a time.
    case ordered
    /// Several at a time.
    case parallel
    /// At once, but one at a time of each operation.
    case exclusive(operation: String)
    /// Alone.
    case barrier
  }

  /// What follows from a new command.
  enum Admission: Equatable {
    /// It waits, perhaps for no time at all.
    case queued
    /// No room: nothing was queued.
    case full
    /// Another one of that operation waits or runs: nothing was queued.
    case busy
  }

  fileprivate struct Waiting {
    let ticket: Ticket
    let lane: Lane
    let command: Command
    let size: Int
  }

  fileprivate struct Lines {
    var ordered: Deque<Waiting> = []
    var parallel: Deque<Waiting> = []
    var exclusive: Deque<Waiting> = []
    var barrier: Deque<Waiting> = []
  }

  private static var lines: [WritableKeyPath<Lines, Deque<Waiting>>] {
    [\.ordered, \.parallel, \.exclusive, \.barrier]
  }

  private var waiting = Lines()
  private var running: [Ticket: Lane] = [:]
  private var lastTicket: Ticket = 0
  private let parallelLimit: Int
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
    self.parallelLimit = max(1, parallelLimit)
    self.capacity = capacity
    self.byteCapacity = byteCapacity
  }

  /// How many wait.
  var waitingCount: Int { Self.lines.reduce(0) { $0 + waiting[keyPath: $1].count } }

  /// What would follow from a new command.
  ///
  /// - Parameter size: The bytes that it takes.
  func admission(ofSize size: Int, in lane: Lane) -> Admission {
    if case .exclusive = lane {
      let waits = waiting.exclusive.contains { $0.lane == lane }
      guard !waits, !running.values.contains(lane) else { return .busy }
    }
    return waitingCount < capacity && bytes + size <= byteCapacity ? .queued : .full
  }

  /// Puts a command at the end of its lane.
  ///
  /// - Parameter size: The bytes that it takes.
  mutating func enqueue(_ command: Command, size: Int, in lane: Lane) -> Admission {
    let admission = admission(ofSize: size, in: lane)
    guard admission == .queued else { return admission }
    bytes += size
    lastTicket += 1
    waiting[keyPath: lane.line].append(
      Waiting(ticket: lastTicket, lane: lane, command: command, size: size))
    return .queued
  }

  /// Takes the command out that may start now, the one that came first if there are several; it runs from now on.
  mutating func next() -> (ticket: Ticket, command: Command)? {
    let heads = Self.lines.compactMap { waiting[keyPath: $0].first }.filter(mayStart)
    guard let next = heads.min(by: { $0.ticket < $1.ticket }) else { return nil }
    waiting[keyPath: next.lane.line].removeFirst()
    bytes -= next.size
    running[next.ticket] = next.lane
    return (next.ticket, next.command)
  }

  private func mayStart(_ head: Waiting) -> Bool {
    guard !running.values.contains(.barrier) else { return false }
    if let barrier = waiting.barrier.first, barrier.ticket < head.ticket { return false }
    switch head.lane {
    case .ordered: return !running.values.contains(.ordered)
    case .parallel: return running.values.count { $0 == .parallel } < parallelLimit
    case .exclusive: return true
    case .barrier:
      let first = Self.lines.compactMap { waiting[keyPath: $0].first?.ticket }.min()
      return running.isEmpty && first == head.ticket
    }
  }

  /// A command runs that never waited: an earlier agent has started it.
  mutating func resume(in lane: Lane) -> Ticket {
    lastTicket += 1
    running[lastTicket] = lane
    return lastTicket
  }

  /// A command has ended.
  mutating func finish(_ ticket: Ticket) {
    running[ticket] = nil
  }

  /// Takes the waiting commands out that `matches` picks.
  mutating func remove(where matches: @Sendable (Command) -> Bool) -> [Command] {
    var removed: [Waiting] = []
    for line in Self.lines {
      removed += waiting[keyPath: line].filter { matches($0.command) }
      waiting[keyPath: line].removeAll { matches($0.command) }
    }
    bytes -= removed.reduce(0) { $0 + $1.size }
    return removed.map(\.command)
  }
}

extension CommandQueue.Lane {
  fileprivate var line: WritableKeyPath<CommandQueue.Lines, Deque<CommandQueue.Waiting>> {
    switch self {
    case .ordered: \.ordered
    case .parallel: \.parallel
    case .exclusive: \.exclusive
    case .barrier: \.barrier
    }
  }
}

extension CommandQueue.Lane {
  /// The lane of an operation.
  init(_ pace: Pace, operation: String, isParallel: Bool) {
    self =
      switch pace {
      case .immediate, .ordered: isParallel ? .parallel : .ordered
      case .beside: .exclusive(operation: operation)
      case .last: .barrier
      }
  }
}
