import DequeModule

/// The scheduling policy for admitted commands. No I/O.
///
/// Ordered commands run one at a time, in the order of arrival. Parallel commands run concurrently, up to a limit. Exclusive
/// commands run concurrently with everything except another one of their operation. A barrier runs alone, after all earlier and
/// before all later commands.
struct CommandQueue<Command> {
  /// The number of an admitted command. Numbers are never reused.
  typealias Ticket = UInt64

  /// The queue in which a command waits.
  enum Lane: Sendable, Hashable {
    /// One command at a time, in the order of arrival.
    case ordered
    /// Several commands at a time.
    case parallel
    /// Immediately, but one at a time for each operation.
    case exclusive(operation: String)
    /// Alone, after all earlier and before all later commands.
    case barrier
  }

  /// The admission of a new command.
  enum Admission: Equatable {
    /// The command is queued.
    case queued
    /// The queue is full; the command was not queued.
    case full
    /// Another command of that exclusive operation waits or runs; the command was not queued.
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

  /// Creates a queue.
  ///
  /// - Parameters:
  ///   - parallelLimit: The number of parallel commands that run at a time, at least 1.
  ///   - capacity: The number of commands that may wait.
  ///   - byteCapacity: The total size of the waiting commands, in bytes.
  init(parallelLimit: Int, capacity: Int, byteCapacity: Int) {
    self.parallelLimit = max(1, parallelLimit)
    self.capacity = capacity
    self.byteCapacity = byteCapacity
  }

  /// The number of waiting commands.
  var waitingCount: Int { Self.lines.reduce(0) { $0 + waiting[keyPath: $1].count } }

  /// The admission that ``enqueue(_:size:in:)`` would return.
  ///
  /// - Parameter size: The size of the command, in bytes.
  func admission(ofSize size: Int, in lane: Lane) -> Admission {
    if case .exclusive = lane {
      let waits = waiting.exclusive.contains { $0.lane == lane }
      guard !waits, !running.values.contains(lane) else { return .busy }
    }
    return waitingCount < capacity && bytes + size <= byteCapacity ? .queued : .full
  }

  /// Appends a command to its lane.
  ///
  /// - Parameter size: The size of the command, in bytes.
  mutating func enqueue(_ command: Command, size: Int, in lane: Lane) -> Admission {
    let admission = admission(ofSize: size, in: lane)
    guard admission == .queued else { return admission }
    bytes += size
    lastTicket += 1
    waiting[keyPath: lane.line].append(
      Waiting(ticket: lastTicket, lane: lane, command: command, size: size))
    return .queued
  }

  /// Removes the oldest command that may start now. It counts as running from then on.
  mutating func next() -> (ticket: Ticket, command: Command)? {
    let heads = Self.lines.compactMap { waiting[keyPath: $0].first }.filter(canStart)
    guard let next = heads.min(by: { $0.ticket < $1.ticket }) else { return nil }
    waiting[keyPath: next.lane.line].removeFirst()
    bytes -= next.size
    running[next.ticket] = next.lane
    return (next.ticket, next.command)
  }

  private func canStart(_ head: Waiting) -> Bool {
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

  /// Adds a running command that an earlier agent has started.
  mutating func resume(in lane: Lane) -> Ticket {
    lastTicket += 1
    running[lastTicket] = lane
    return lastTicket
  }

  /// Removes a running command.
  mutating func finish(_ ticket: Ticket) {
    running[ticket] = nil
  }

  /// Removes the waiting commands that match.
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
  /// Creates the lane for an execution mode.
  init(_ executionMode: ExecutionMode, operation: String, isParallel: Bool) {
    self =
      switch executionMode {
      case .immediate, .ordered: isParallel ? .parallel : .ordered
      case .exclusive: .exclusive(operation: operation)
      case .barrier: .barrier
      }
  }
}
