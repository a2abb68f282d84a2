import AgentProtocol
import Encoding
import Locks

/// Schedules commands with effects, and keeps the waiting and running ones for `agent.cancel`, `agent.status`, the heartbeat and
/// the shutdown.
final class CommandScheduler: Sendable {
  /// The result of a cancellation.
  enum Cancellation: Sendable {
    /// The command was waiting, and was removed.
    case queued
    /// The command is being stopped.
    case running
    /// No such command waits or runs.
    case unknown
  }

  /// A running command, as `agent.status` lists it.
  struct Running: Sendable {
    /// The command id.
    let commandID: String
    /// The operation name.
    let operation: String
    /// The start of the run.
    let startedAt: ContinuousClock.Instant
    fileprivate let stop: AsyncStream<StopReason>.Continuation
  }

  typealias Queue = CommandQueue<IncomingCommand>

  private struct State {
    var queue: Queue
    var running: [Queue.Ticket: Running] = [:]
    var isClosing = false
    /// Whether a run continues without this agent.
    var hasDetachedWork = false
    /// Streams that end when no command waits or runs.
    var idleObservers: [AsyncStream<Void>.Continuation] = []

    var isIdle: Bool { queue.waitingCount == 0 && running.isEmpty }
  }

  private let state: Locked<State>
  private let removed = AsyncStream<RemovedCommand>.makeStream()
  private let started = AsyncStream<Start>.makeStream()

  /// A command that starts now.
  struct Start: Sendable {
    let ticket: Queue.Ticket
    let command: IncomingCommand
    /// Yields a reason when the command has to stop.
    let stops: AsyncStream<StopReason>
  }

  /// A command that was removed from the queue, with the reason.
  struct RemovedCommand: Sendable {
    let command: IncomingCommand
    let reason: StopReason
  }

  /// Creates a scheduler with the limits of ``CommandQueue``.
  init(parallelLimit: Int, capacity: Int = 10_000, byteCapacity: Int = 16 << 20) {
    state = Locked(
      State(queue: Queue(parallelLimit: parallelLimit, capacity: capacity, byteCapacity: byteCapacity)))
  }

  /// The number of waiting and running commands.
  var count: Int { state.withLock { $0.queue.waitingCount + $0.running.count } }

  /// The number of waiting commands.
  var waitingCount: Int { state.withLock { $0.queue.waitingCount } }

  /// The running commands, oldest first.
  var running: [Running] {
    state.withLock { $0.running.values.sorted { $0.startedAt < $1.startedAt } }
  }

  /// Cancels a waiting or running command. Its own result is still published.
  func cancel(_ commandID: String) -> Cancellation {
    stop(reason: .cancelled) { id, _ in id.hasSameBytes(as: commandID) }
  }

  /// Stops the commands of the matching operations for a shutdown.
  func interrupt(where isMeant: @Sendable (_ operation: String) -> Bool = { _ in true }) {
    _ = stop(reason: .interrupted) { _, operation in isMeant(operation) }
  }

  /// Waits until no command waits or runs, or until the task is cancelled.
  func waitUntilIdle() async {
    let (stream, observer) = AsyncStream<Void>.makeStream()
    state.withLock { state in
      if state.isIdle { observer.finish() } else { state.idleObservers.append(observer) }
    }
    for await _ in stream {}
  }

  /// The commands that were removed from the queue and need a result. Ends after ``close()``.
  var removedCommands: AsyncStream<RemovedCommand> { removed.stream }

  /// Closes the queue. Both streams end as soon as no command waits or runs.
  func close() {
    state.withLock { state in
      state.isClosing = true
      startReady(&state)
    }
  }

  /// The commands that start, in order; each already counts as running. Ends after ``close()``.
  var starts: AsyncStream<Start> { started.stream }

  /// The admission of a new command. It holds until another command is enqueued.
  func admission(of command: IncomingCommand, in lane: Queue.Lane) -> Queue.Admission {
    state.withLock { $0.queue.admission(ofSize: command.size, in: lane) }
  }

  /// Appends a command to its lane. ``starts`` yields it when it may run.
  func enqueue(_ command: IncomingCommand, in lane: Queue.Lane) -> Queue.Admission {
    state.withLock { state in
      let admission = state.queue.enqueue(command, size: command.size, in: lane)
      startReady(&state)
      return admission
    }
  }

  /// Adds a run that an earlier agent has started.
  func resume(
    _ commandID: String, operation: String, in lane: Queue.Lane
  ) -> (ticket: Queue.Ticket, stops: AsyncStream<StopReason>) {
    state.withLock { state in
      let ticket = state.queue.resume(in: lane)
      return (ticket, run(commandID, operation, ticket, &state))
    }
  }

  /// Removes a command that has ended, and starts those that waited for it.
  func finish(_ ticket: Queue.Ticket) {
    let ended = state.withLock { state in
      let ended = state.running.removeValue(forKey: ticket)
      state.queue.finish(ticket)
      startReady(&state)
      return ended
    }
    ended?.stop.finish()
  }

  /// Removes a command whose run continues without this agent. Commands that wait for its end do not start.
  func detach(_ ticket: Queue.Ticket) {
    let ended = state.withLock { state in
      let ended = state.running.removeValue(forKey: ticket)
      state.hasDetachedWork = true
      startReady(&state)
      return ended
    }
    ended?.stop.finish()
  }

  /// Starts the commands that may run. Called under the lock, so that the stream keeps the order of the queue.
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
      // A detached run never ends here, so the commands that wait for it are removed.
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
