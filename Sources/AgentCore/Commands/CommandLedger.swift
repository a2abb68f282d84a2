import AgentProtocol
import Locks

/// The commands that wait or run, for those who have to find them: the dispatcher, `agent.cancel`, `agent.status`, the
/// heartbeat and the shutdown.
final class CommandLedger: Sendable {
  /// Why a running command is ended from outside.
  enum StopReason: Sendable {
    /// Its time-out passed.
    case timedOut
    /// An `agent.cancel` named it.
    case cancelled
    /// The agent shuts down.
    case interrupted
  }

  /// What a cancellation found.
  enum Cancellation: Sendable {
    /// It had not started and never will.
    case queued
    /// It is being ended.
    case running
    /// There is no such command.
    case unknown
  }

  /// A running command, as `agent.status` lists it.
  struct Running: Sendable {
    /// Its id.
    let commandID: String
    /// Its operation.
    let operation: String
    /// When it started.
    let startedAt: ContinuousClock.Instant
    fileprivate let stop: AsyncStream<StopReason>.Continuation
  }

  typealias Queue = CommandQueue<IncomingCommand>

  private struct State {
    var queue: Queue
    var running: [Queue.Ticket: Running] = [:]
  }

  private let state: Locked<State>
  private let removed = AsyncStream<RemovedCommand>.makeStream()

  /// A command that was taken out of the queue, and why.
  struct RemovedCommand: Sendable {
    let command: IncomingCommand
    let reason: StopReason
  }

  /// A ledger. See ``CommandQueue`` for the limits.
  init(parallelLimit: Int, capacity: Int = 10_000, byteCapacity: Int = 16 << 20) {
    state = Locked(
      State(queue: Queue(parallelLimit: parallelLimit, capacity: capacity, byteCapacity: byteCapacity)))
  }

  /// How many commands wait or run.
  var count: Int { state.withLock { $0.queue.waitingCount + $0.running.count } }

  /// How many commands wait.
  var waitingCount: Int { state.withLock { $0.queue.waitingCount } }

  /// The commands that run, the oldest first.
  var running: [Running] {
    state.withLock { $0.running.values.sorted { $0.startedAt < $1.startedAt } }
  }

  /// Ends a command, whether it waits or runs. The command itself is answered by whoever would have answered it.
  func cancel(_ commandID: String) -> Cancellation {
    stop(reason: .cancelled) { $0 == commandID }
  }

  /// Ends all commands.
  func interruptAll() {
    _ = stop(reason: .interrupted) { _ in true }
  }

  /// The commands taken out of the queue, to be answered. Ends with `close`.
  var removedCommands: AsyncStream<RemovedCommand> { removed.stream }

  /// No command will be taken out any more.
  func close() {
    removed.continuation.finish()
  }

  func enqueue(_ command: IncomingCommand, in lane: Queue.Lane) -> Queue.Admission {
    state.withLock { $0.queue.enqueue(command, size: command.size, in: lane) }
  }

  /// The next command for a worker of that lane, entered as running, with the stream on which it is told to stop.
  func startNext(
    in lane: Queue.Lane
  ) -> (ticket: Queue.Ticket, command: IncomingCommand, stops: AsyncStream<StopReason>)? {
    state.withLock { state in
      guard let (ticket, command) = state.queue.next(in: lane) else { return nil }
      let (stops, continuation) = AsyncStream<StopReason>.makeStream(bufferingPolicy: .bufferingOldest(1))
      state.running[ticket] = Running(
        commandID: command.admitted.id, operation: command.admitted.operation, startedAt: .now,
        stop: continuation)
      return (ticket, command, stops)
    }
  }

  func finish(_ ticket: Queue.Ticket) {
    let ended = state.withLock { $0.running.removeValue(forKey: ticket) }
    ended?.stop.finish()
  }

  private func stop(reason: StopReason, _ matches: @Sendable (_ commandID: String) -> Bool) -> Cancellation {
    let (waiting, running) = state.withLock { state in
      (
        state.queue.remove { matches($0.admitted.id) },
        state.running.values.filter { matches($0.commandID) }
      )
    }
    for command in waiting { removed.continuation.yield(RemovedCommand(command: command, reason: reason)) }
    for command in running { command.stop.yield(reason) }
    return !running.isEmpty ? .running : !waiting.isEmpty ? .queued : .unknown
  }
}
