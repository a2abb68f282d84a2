import AgentProtocol
import Locks

/// The commands that wait or run, for those who have to find them: the dispatcher, `agent.cancel`, `agent.status`, the
/// heartbeat and the shutdown.
final class CommandScheduler: Sendable {
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
    var isClosing = false
    /// Work goes on that this agent will not see the end of.
    var hasDetachedWork = false
    /// End when nothing waits or runs.
    var idleObservers: [AsyncStream<Void>.Continuation] = []

    var isIdle: Bool { queue.waitingCount == 0 && running.isEmpty }
  }

  private let state: Locked<State>
  private let removed = AsyncStream<RemovedCommand>.makeStream()
  private let started = AsyncStream<Start>.makeStream()

  /// A command whose turn has come.
  struct Start: Sendable {
    let ticket: Queue.Ticket
    let command: IncomingCommand
    /// Says that it must stop, and why.
    let stops: AsyncStream<StopReason>
  }

  /// A command that was taken out of the queue, and why.
  struct RemovedCommand: Sendable {
    let command: IncomingCommand
    let reason: StopReason
  }

  /// A scheduler. See ``CommandQueue`` for the limits.
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
    stop(reason: .cancelled) { id, _ in id == commandID }
  }

  /// Ends the commands of some operations, as the agent ends.
  func interrupt(where isMeant: @Sendable (_ operation: String) -> Bool = { _ in true }) {
    _ = stop(reason: .interrupted) { _, operation in isMeant(operation) }
  }

  /// Waits until no command waits or runs, or the task is cancelled.
  func waitUntilIdle() async {
    let (stream, observer) = AsyncStream<Void>.makeStream()
    state.withLock { state in
      if state.isIdle { observer.finish() } else { state.idleObservers.append(observer) }
    }
    for await _ in stream {}
  }

  /// The commands taken out of the queue, to be answered. Ends with `close`.
  var removedCommands: AsyncStream<RemovedCommand> { removed.stream }

  /// No command will be enqueued any more: both streams end as soon as none waits or runs.
  func close() {
    state.withLock { state in
      state.isClosing = true
      startReady(&state)
    }
  }

  /// The commands that may start, each entered as running, in the order in which they may. Ends with `close`.
  var starts: AsyncStream<Start> { started.stream }

  /// What would follow from a new command. Room that it finds is still there until another command is enqueued.
  func admission(of command: IncomingCommand, in lane: Queue.Lane) -> Queue.Admission {
    state.withLock { $0.queue.admission(ofSize: command.size, in: lane) }
  }

  /// Puts a command at the end of its lane; it comes out of `starts` when its turn has come.
  func enqueue(_ command: IncomingCommand, in lane: Queue.Lane) -> Queue.Admission {
    state.withLock { state in
      let admission = state.queue.enqueue(command, size: command.size, in: lane)
      startReady(&state)
      return admission
    }
  }

  /// Enters a command as running that an earlier agent has started.
  func resume(
    _ commandID: String, operation: String, in lane: Queue.Lane
  ) -> (ticket: Queue.Ticket, stops: AsyncStream<StopReason>) {
    state.withLock { state in
      let ticket = state.queue.resume(in: lane)
      return (ticket, run(commandID, operation, ticket, &state))
    }
  }

  /// A command has ended: what waited for that starts.
  func finish(_ ticket: Queue.Ticket) {
    let ended = state.withLock { state in
      let ended = state.running.removeValue(forKey: ticket)
      state.queue.finish(ticket)
      startReady(&state)
      return ended
    }
    ended?.stop.finish()
  }

  /// The work of a command goes on without this agent: what waits for its end does not start any more.
  func detach(_ ticket: Queue.Ticket) {
    let ended = state.withLock { state in
      let ended = state.running.removeValue(forKey: ticket)
      state.hasDetachedWork = true
      startReady(&state)
      return ended
    }
    ended?.stop.finish()
  }

  /// Under the lock, so that the order of the stream is the order of the queue.
  private func startReady(_ state: inout State) {
    while let (ticket, command) = state.queue.next() {
      let stops = run(command.admitted.id, command.admitted.operation, ticket, &state)
      started.continuation.yield(Start(ticket: ticket, command: command, stops: stops))
    }
    if state.isIdle {
      for observer in state.idleObservers { observer.finish() }
      state.idleObservers = []
    }
    guard state.isClosing, state.running.isEmpty else { return }
    if state.hasDetachedWork {
      // Nothing will end that this could wait for.
      for command in state.queue.remove(where: { _ in true }) {
        removed.continuation.yield(RemovedCommand(command: command, reason: .interrupted))
      }
    }
    guard state.queue.waitingCount == 0 else { return }
    removed.continuation.finish()
    started.continuation.finish()
  }

  private func run(
    _ commandID: String, _ operation: String, _ ticket: Queue.Ticket, _ state: inout State
  ) -> AsyncStream<StopReason> {
    let (stops, continuation) = AsyncStream<StopReason>.makeStream(bufferingPolicy: .bufferingOldest(1))
    state.running[ticket] = Running(
      commandID: commandID, operation: operation, startedAt: .now, stop: continuation)
    return stops
  }

  private func stop(
    reason: StopReason, _ matches: @Sendable (_ commandID: String, _ operation: String) -> Bool
  ) -> Cancellation {
    let (waiting, running) = state.withLock { state in
      let waiting = state.queue.remove { matches($0.admitted.id, $0.admitted.operation) }
      let running = state.running.values.filter { matches($0.commandID, $0.operation) }
      for command in waiting {
        removed.continuation.yield(RemovedCommand(command: command, reason: reason))
      }
      if !waiting.isEmpty { startReady(&state) }
      return (waiting, running)
    }
    for command in running { command.stop.yield(reason) }
    return !running.isEmpty ? .running : !waiting.isEmpty ? .queued : .unknown
  }
}
