import Locks

/// Measures the machine for telemetry, against a baseline that nothing else touches.
///
/// Rates cover the time since the previous snapshot, however long that is. The first snapshot has no
/// window: its processor usage is that since boot, and it has no `io` and no network rates.
public final class TelemetrySampler: Sendable {
  private let prober: MountProber
  private let state: Locked<TelemetryState>

  /// Creates a sampler.
  ///
  /// - Parameter prober: the one of the process, shared with all other samplers.
  public init(files: HostFiles = HostFiles(), prober: MountProber) {
    self.prober = prober
    state = Locked(TelemetryState(reader: HostReader(files)))
  }

  /// Measures the machine. Returns within the prober's deadline whatever a mount does; sooner, and perhaps
  /// without some of the disks, when the task is cancelled.
  public func snapshot() async -> Snapshot {
    var (snapshot, plan, number, traffic) = state.withLock { $0.measure() }
    let results = await prober.probe(plan.targets)
    let report = state.withLock { $0.reader.report(plan, number: number, results, traffic: traffic) }
    snapshot.disks = report.disks
    snapshot.stalledMounts = report.stalledMounts
    return snapshot
  }
}
