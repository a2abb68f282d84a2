import HostMetrics

/// Calls statvfs(3) for mounts on threads of its own, as the call does not return while the server of a file system is dead. Mounts
/// that may never respond are probed by a ``ProbeProcess``.
///
/// One thread probes all mounts in turn and sleeps between probes. If a mount blocks it, the mount is reported as stalled and not
/// probed again until the call returns, and another thread continues with the other mounts. There are at most ``maximumThreads``
/// threads, half of them reserved for disks. One prober serves all samplers of a process, so that a stalled mount never blocks
/// more than one thread.
public final class MountProber: Sendable {
  /// Maximum number of probing threads, blocked ones included. One more thread supervises the deadlines.
  public static let maximumThreads = ProbeScheduler.maximumThreads

  private let core: ProbeThreadPool

  /// Creates a prober; its first thread starts with the first probe.
  ///
  /// - Parameter deadline: maximum time that a snapshot waits for its mounts. A mount counts as stalled after
  ///   two fifths of it, so that time is left for the other mounts.
  public convenience init(deadline: Duration = .milliseconds(250)) {
    self.init(deadline: deadline) {
      let probe = MountProbe()
      return { probe.run($0) }
    }
  }

  /// - Parameter makeProbe: creates the probe function of each thread.
  init(deadline: Duration, makeProbe: @escaping @Sendable () -> (ProbeTarget) -> ProbeResult) {
    core = ProbeThreadPool(deadline: deadline, makeProbe: makeProbe)
  }

  deinit {
    core.shutDown()
  }

  /// The number of probing threads: sleeping, probing and blocked ones.
  public var threadCount: Int { core.threadCount }

  /// The number of mounts that block a thread.
  public var stalledCount: Int { core.stalledCount }

  /// Probes all targets. At the deadline, or when the task is cancelled, it returns the results available by then.
  func probe(_ targets: [ProbeTarget]) async -> [ProbeResult] {
    guard !targets.isEmpty else { return [] }
    let batch = core.newBatchID()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        core.submit(batch, targets, continuation)
        // The cancellation handler may have run before the batch was submitted.
        if Task.isCancelled { core.expire(batch) }
      }
    } onCancel: {
      core.expire(batch)
    }
  }
}
