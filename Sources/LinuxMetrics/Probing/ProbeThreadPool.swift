import Glibc
import HostMetrics
import Locks
import Threads

/// The threads of a prober. They retain the pool and not the prober: a blocked thread outlives the prober
/// and ends when its mount responds.
///
/// Besides the probing threads there is one that supervises deadlines. It does not wake up for probes that
/// end before ``stallTimeout``.
final class ProbeThreadPool: Sendable {
  private struct State {
    var scheduler = ProbeScheduler()
    /// The callers of the batches, by the id of the batch.
    var callers: [UInt64: CheckedContinuation<[ProbeResult], Never>] = [:]
  }

  private let deadline: Duration
  private let stallTimeout: Duration
  private let makeProbe: @Sendable () -> (ProbeTarget) -> ProbeResult
  private let state = Locked(State())
  private let timer = Locked<DeadlineTimer?>(nil)
  private let wakeUp = Semaphore()

  init(deadline: Duration, makeProbe: @escaping @Sendable () -> (ProbeTarget) -> ProbeResult) {
    self.deadline = deadline
    stallTimeout = deadline / 5 * 2
    self.makeProbe = makeProbe
  }

  deinit {
    timer.withLock { $0 }?.close()
  }

  var threadCount: Int { state.withLock { $0.scheduler.threadCount } }

  var stalledCount: Int { state.withLock { $0.scheduler.stalled.count } }

  func newBatchID() -> UInt64 { state.withLock { $0.scheduler.newBatchID() } }

  func submit(
    _ id: UInt64, _ targets: [ProbeTarget], _ continuation: CheckedContinuation<[ProbeResult], Never>
  ) {
    guard startSupervisor() else {
      return continuation.resume(returning: Array(repeating: .notProbed, count: targets.count))
    }
    let batch = ProbeScheduler.Batch(id: id, targets: targets, deadline: .now().advanced(by: deadline))
    state.withLock { $0.callers[id] = continuation }
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
    timer.withLock { $0 }?.set(first: .nanoseconds(1))
  }

  /// Changes the state. Starts the timer with the first batch, and stops it after the last one.
  private func update<Result: Sendable>(_ change: (inout ProbeScheduler) -> Result) -> Result {
    state.withLock { state in
      let wasIdle = state.scheduler.batches.isEmpty
      let result = change(&state.scheduler)
      if wasIdle != state.scheduler.batches.isEmpty, let timer = timer.withLock({ $0 }) {
        timer.set(first: wasIdle ? stallTimeout : .zero, interval: wasIdle ? stallTimeout / 4 : .zero)
      }
      return result
    }
  }

  /// The body of the supervising thread: detects stalled mounts and completes overdue batches.
  private func superviseDeadlines(_ timer: DeadlineTimer) {
    while true {
      timer.wait()
      if state.withLock({ $0.scheduler.isShutDown }) { return }
      let now = MonotonicTime.now()
      let (worker, finished) = update {
        $0.markStalled(startedBefore: now.advanced(by: .zero - stallTimeout))
      }
      if let worker { startWorker(worker) }
      resume(finished)
      resume(update { $0.expire(at: now) })
    }
  }

  private func startSupervisor() -> Bool {
    timer.withLock { timer in
      if timer != nil { return true }
      do throws(ThreadError) {
        let new = try DeadlineTimer()
        do throws(ThreadError) {
          try Thread.start(name: "mount-deadline") { [self] in superviseDeadlines(new) }
        } catch {
          new.close()
          throw error
        }
        timer = new
        return true
      } catch {
        return false
      }
    }
  }

  private func startWorker(_ worker: UInt64) {
    do throws(ThreadError) {
      try Thread.start(name: "mount-prober") { [self] in work(worker) }
    } catch {
      resume(update { $0.workerFailed(worker) })
    }
  }

  private func resume(_ batches: ProbeScheduler.Finished) {
    guard !batches.isEmpty else { return }
    // Resumed without the lock, as a caller may probe again at once.
    let callers = state.withLock { state in batches.map { state.callers.removeValue(forKey: $0.id) } }
    for (batch, caller) in zip(batches, callers) { caller?.resume(returning: batch.results) }
  }

  /// The body of a probing thread.
  private func work(_ worker: UInt64) {
    let probe = makeProbe()
    var result: ProbeResult?
    while true {
      let (step, finished) = update { $0.advance(worker, result: result, at: .now()) }
      resume(finished)
      result = nil
      switch step {
      case .probe(let target): result = probe(target)
      case .sleep: wakeUp.wait()
      case .exit: return
      }
    }
  }
}
