import Glibc
import Synchronization

/// The prober's threads. They keep this alive, not the prober: one that hangs outlives it, and ends when
/// its mount lets go.
final class ProbingCore: Sendable {
  private let patience: Duration
  private let ask: @Sendable (ProbeTarget) -> ProbeResult
  private let state = Mutex(ProbingState())
  private let wakeUp = Semaphore()

  init(patience: Duration, ask: @escaping @Sendable (ProbeTarget) -> ProbeResult) {
    self.patience = patience
    self.ask = ask
  }

  var threadCount: Int { state.withLock { $0.threadCount } }

  var stalledCount: Int { state.withLock { $0.stuck.count } }

  func newBatchID() -> UInt64 { state.withLock { $0.newBatchID() } }

  func submit(
    _ id: UInt64, _ targets: [ProbeTarget], _ continuation: CheckedContinuation<[ProbeResult], Never>
  ) {
    let (worker, finished) = state.withLock {
      $0.submit(
        ProbingState.Batch(
          id: id, targets: targets, results: Array(repeating: .notAsked, count: targets.count),
          continuation: continuation))
    }
    if let worker { start(worker) } else { wakeUp.signal() }
    resume(finished)
  }

  /// Looks after a batch: gives up mounts that do not answer, and ends the batch at the deadline.
  func watch(_ batch: UInt64, until deadline: Duration) async {
    let end = ContinuousClock.now + deadline
    var pause = patience
    do {
      while true {
        let remaining = end - ContinuousClock.now
        try await Task.sleep(for: min(pause, remaining), tolerance: .milliseconds(5))
        guard state.withLock({ $0.isPending(batch) }) else { return }
        giveUpSlowMount()
        guard ContinuousClock.now < end else { break }
        pause = patience / 2
      }
    } catch {
      // Cancelled: either the batch is done, or the caller wants no more of it.
    }
    expire(batch)
  }

  func expire(_ batch: UInt64) {
    let expired = state.withLock { $0.expire(batch) }
    if let expired { resume([expired]) }
  }

  func shutDown() {
    resume(state.withLock { $0.shutDown() })
    wakeUp.signal()
  }

  private func giveUpSlowMount() {
    let now = MonotonicTime.now().nanoseconds
    let limit = MonotonicTime(nanoseconds: increase(from: patience.nanoseconds, to: now))
    let (worker, finished) = state.withLock { $0.giveUp(waitingSince: limit) }
    if let worker { start(worker) }
    resume(finished)
  }

  private func resume(_ batches: ProbingState.Finished) {
    for batch in batches { batch.continuation.resume(returning: batch.results) }
  }

  /// What each thread does until it is not needed any more.
  fileprivate func work(_ worker: UInt64) {
    var answer: ProbeResult?
    while true {
      let (step, finished) = state.withLock { $0.advance(worker, answer: answer) }
      resume(finished)
      answer = nil
      switch step {
      case .ask(let target): answer = ask(target)
      case .sleep: wakeUp.wait()
      case .exit: return
      }
    }
  }

  private func start(_ worker: UInt64) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 512 << 10)

    // Signals are for the process's other threads: one here would only interrupt a statfs.
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }

    let context = Unmanaged.passRetained(WorkerContext(core: self, worker: worker))
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        let context = Unmanaged<WorkerContext>.fromOpaque(argument).takeRetainedValue()
        nameThread()
        context.core.work(context.worker)
        return nil
      }, context.toOpaque())
    if failure != 0 {
      context.release()
      resume(state.withLock { $0.workerFailed(worker) })
    }
  }
}

/// Gives the calling thread a name that `top -H` shows, so that one can see which of them hangs.
private func nameThread() {
  let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
  guard file >= 0 else { return }
  defer { close(file) }
  let name: StaticString = "mount-prober"
  _ = write(file, name.utf8Start, name.utf8CodeUnitCount)
}

/// What a thread is started with.
private final class WorkerContext {
  let core: ProbingCore
  let worker: UInt64

  init(core: ProbingCore, worker: UInt64) {
    self.core = core
    self.worker = worker
  }
}

extension Duration {
  /// The whole duration in nanoseconds; 0 where it is negative.
  fileprivate var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    return UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000)
  }
}
