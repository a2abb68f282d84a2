import Glibc
import Locks

/// The prober's threads. They keep this alive, not the prober: one that hangs outlives it, and ends when
/// its mount lets go.
///
/// Besides those that ask there is one that keeps the time. It sleeps through every probe that is
/// answered before ``patience`` is over.
final class ProbingCore: Sendable {
  private let deadline: Duration
  private let patience: Duration
  private let makeAsk: @Sendable () -> (ProbeTarget) -> ProbeResult
  private let state = Locked(ProbingState())
  private let timer = Locked<DeadlineTimer?>(nil)
  private let wakeUp = Semaphore()

  init(deadline: Duration, makeAsk: @escaping @Sendable () -> (ProbeTarget) -> ProbeResult) {
    self.deadline = deadline
    patience = deadline / 5 * 2
    self.makeAsk = makeAsk
  }

  deinit {
    timer.withLock { $0 }?.close()
  }

  var threadCount: Int { state.withLock { $0.threadCount } }

  var stalledCount: Int { state.withLock { $0.stuck.count } }

  func newBatchID() -> UInt64 { state.withLock { $0.newBatchID() } }

  func submit(
    _ id: UInt64, _ targets: [ProbeTarget], _ continuation: CheckedContinuation<[ProbeResult], Never>
  ) {
    let results = [ProbeResult](repeating: .notAsked, count: targets.count)
    guard startTimekeeper() else { return continuation.resume(returning: results) }
    let batch = ProbingState.Batch(
      id: id, targets: targets, results: results, deadline: .now().advanced(by: deadline),
      continuation: continuation)
    let (worker, finished) = update { $0.submit(batch) }
    if let worker { startWorker(worker) } else { wakeUp.signal() }
    resume(finished)
  }

  func expire(_ batch: UInt64) {
    if let expired = update({ $0.expire(batch) }) { resume([expired]) }
  }

  func shutDown() {
    resume(update { $0.shutDown() })
    wakeUp.signal()
    timer.withLock { $0 }?.set(first: .nanoseconds(1), then: .zero)
  }

  /// Changes the state, and sets the timer when the first batch comes and stops it when the last one goes.
  private func update<Result: Sendable>(_ change: (inout ProbingState) -> Result) -> Result {
    state.withLock { state in
      let wasIdle = state.batches.isEmpty
      let result = change(&state)
      if wasIdle != state.batches.isEmpty, let timer = timer.withLock({ $0 }) {
        timer.set(first: wasIdle ? patience : .zero, then: wasIdle ? patience / 4 : .zero)
      }
      return result
    }
  }

  /// What the thread that keeps the time does: gives up mounts that do not answer, and ends what is overdue.
  private func keepTime(_ timer: DeadlineTimer) {
    while true {
      timer.wait()
      if state.withLock({ $0.isShutDown }) { return }
      let now = MonotonicTime.now()
      let (worker, finished) = update { $0.giveUp(waitingSince: now.advanced(by: .zero - patience)) }
      if let worker { startWorker(worker) }
      resume(finished)
      resume(update { $0.expire(at: now) })
    }
  }

  private func startTimekeeper() -> Bool {
    timer.withLock { timer in
      if timer != nil { return true }
      guard let new = DeadlineTimer() else { return false }
      guard startThread(named: "mount-deadline", { [self] in keepTime(new) }) else {
        new.close()
        return false
      }
      timer = new
      return true
    }
  }

  private func startWorker(_ worker: UInt64) {
    if !startThread(named: "mount-prober", { [self] in work(worker) }) {
      resume(update { $0.workerFailed(worker) })
    }
  }

  private func resume(_ batches: ProbingState.Finished) {
    for batch in batches { batch.continuation.resume(returning: batch.results) }
  }

  /// What each thread does until it is not needed any more.
  private func work(_ worker: UInt64) {
    let ask = makeAsk()
    var answer: ProbeResult?
    while true {
      let (step, finished) = update { $0.advance(worker, answer: answer) }
      resume(finished)
      answer = nil
      switch step {
      case .ask(let target): answer = ask(target)
      case .sleep: wakeUp.wait()
      case .exit: return
      }
    }
  }
}
