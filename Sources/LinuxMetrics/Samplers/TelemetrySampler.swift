public import HostMetrics
import Locks

/// Measures the machine for telemetry, against a baseline of its own.
///
/// Rates cover the time since the previous snapshot, of whatever length. The first snapshot has no
/// window: it contains the processor usage since boot, and neither `io` nor network rates.
public final class TelemetrySampler: Sendable {
  private let prober: MountProber
  private let state: Locked<TelemetryState>

  /// Creates a sampler.
  ///
  /// - Parameter prober: the prober shared by all samplers of the process.
  public init(files: HostFiles = HostFiles(), prober: MountProber) {
    self.prober = prober
    state = Locked(TelemetryState(reader: HostReader(files)))
  }

  /// Measures the machine. Returns within the prober's deadline even if mounts stall. If the task is
  /// cancelled it returns earlier, possibly without some of the disks.
  public func snapshot() async -> Snapshot {
    var (snapshot, plan, version, traffic) = state.withLock { $0.measure() }
    let results = await prober.probe(plan.targets)
    let report = state.withLock { $0.reader.report(plan, version: version, results, traffic: traffic) }
    snapshot.disks = report.disks
    snapshot.stalledMounts = report.stalledMounts
    return snapshot
  }
}
