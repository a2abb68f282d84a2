/// Asks mounts for their figures on a thread apart, as statfs(2) on a dead server or program never returns. What may never
/// answer at all is asked by a ``ProbeProcess``.
///
/// One thread asks all mounts in turn and sleeps in between. A mount that keeps it waiting loses that
/// thread: it is named as stalled and not asked again until the call comes back, and another thread goes
/// on with the rest. At most ``maximumThreads`` exist at any time, the last of which are kept for disks. One
/// prober serves all samplers of a process, so that a hung mount never holds more than one thread.
public final class MountProber: Sendable {
  /// Threads that ask at most, those that hang included. One more keeps the time.
  public static let maximumThreads = 4

  private let core: ProbingCore

  /// Creates a prober; its first thread starts with the first probe.
  ///
  /// - Parameter deadline: how long a snapshot waits for its mounts at most. A mount is given up after
  ///   two fifths of that, so that the others still get their turn.
  public convenience init(deadline: Duration = .milliseconds(250)) {
    self.init(deadline: deadline) {
      let asker = MountAsker()
      return { asker.ask($0) }
    }
  }

  /// - Parameter makeAsk: gives each thread its way to ask.
  init(deadline: Duration, makeAsk: @escaping @Sendable () -> (ProbeTarget) -> ProbeResult) {
    core = ProbingCore(deadline: deadline, makeAsk: makeAsk)
  }

  deinit {
    core.shutDown()
  }

  /// Threads that exist to ask, whether they sleep, ask or hang.
  public var threadCount: Int { core.threadCount }

  /// Mounts that hold a thread now.
  public var stalledCount: Int { core.stalledCount }

  /// Asks all targets. Returns after the deadline, or once the task is cancelled, with what has come by then.
  func probe(_ targets: [ProbeTarget]) async -> [ProbeResult] {
    guard !targets.isEmpty else { return [] }
    let batch = core.newBatchID()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        core.submit(batch, targets, continuation)
        // The handler below may have run before there was a batch to end.
        if Task.isCancelled { core.expire(batch) }
      }
    } onCancel: {
      core.expire(batch)
    }
  }
}
