public import HostMetrics
import Locks

/// Measures the machine for commands, against one baseline shared by all of them.
///
/// A call less than 200 ms after the baseline returns the most recent rates. Without a baseline, or with one older than a
/// minute, a call takes a sample over 200 ms; calls during that time share the sample. No thread is blocked meanwhile.
public final class QuerySampler: Sendable {
  private let prober: MountProber
  private let files: HostFiles
  private let state: Locked<QueryState>

  /// Creates a sampler.
  ///
  /// - Parameter prober: the prober shared by all samplers of the process.
  public init(files: HostFiles = HostFiles(), prober: MountProber) {
    self.prober = prober
    self.files = files
    state = Locked(QueryState(reader: HostReader(files)))
  }

  /// Processor usage.
  ///
  /// - Throws: ``MetricsError`` if `/proc/stat` can't be read, or the task was cancelled.
  public func cpu() async throws(MetricsError) -> CPUUsage {
    try await rates().cpu.get()
  }

  /// Memory and swap, now.
  ///
  /// - Throws: ``MetricsError`` if `/proc/meminfo` can't be read.
  public func memory() throws(MetricsError) -> MemoryUsage {
    try state.withLock { (state) throws(MetricsError) in try state.reader.memory() }
  }

  /// The interfaces with their counters. The first call has no rates.
  ///
  /// - Throws: ``MetricsError`` if `/proc/net/dev` can't be read.
  public func network() throws(MetricsError) -> [InterfaceUsage] {
    try state.withLock { (state) throws(MetricsError) in try state.network() }
  }

  /// The disks with their traffic, without those that do not respond in time.
  ///
  /// - Throws: ``MetricsError`` if the mount table can't be read, or the task was cancelled.
  public func disks() async throws(MetricsError) -> [DiskUsage] {
    try await diskReport(try await rates()).disks
  }

  /// A complete snapshot. A part that can't be measured is empty and listed in ``Snapshot/problems``.
  ///
  /// - Throws: ``MetricsError`` if the task was cancelled.
  public func snapshot() async throws(MetricsError) -> Snapshot {
    let rates = try await rates()
    let report: Result<DiskReport, MetricsError>
    do throws(MetricsError) {
      report = .success(try await diskReport(rates))
    } catch {
      if error.reason == .cancelled { throw error }
      report = .failure(error)
    }
    return state.withLock { $0.snapshot(rates, report) }
  }

  /// The rates of the most recent window. Waits for the first window.
  private func rates() async throws(MetricsError) -> QueryRates {
    while true {
      let remaining: Duration
      switch state.withLock({ $0.rates() }) {
      case .known(let rates): return rates
      case .sampling(let seconds): remaining = .seconds(seconds)
      }
      // Each caller sleeps on its own until the same time, so that a cancellation affects only that caller.
      do {
        try await Task.sleep(for: remaining, tolerance: .milliseconds(5))
      } catch {
        throw MetricsError(file: files.proc, reason: .cancelled)
      }
    }
  }

  /// The report of the mounts. Concurrent callers share one probe.
  private func diskReport(_ rates: QueryRates) async throws(MetricsError) -> DiskReport {
    while true {
      switch try state.withLock({ (state) throws(MetricsError) in try state.diskReport() }) {
      case .known(let report):
        return report
      case .wait:
        let report = await withCheckedContinuation { continuation in
          if !state.withLock({ $0.register(continuation) }) { continuation.resume(returning: nil) }
        }
        if let report { return report }
      case .probe(let plan, let version):
        let results = await prober.probe(plan.targets)
        let isComplete = !Task.isCancelled
        let (report, waiters) = state.withLock {
          $0.finishProbe(plan, version, results, rates, isComplete: isComplete)
        }
        // After a cancelled probe one of the waiting callers starts the next one.
        for waiter in waiters { waiter.resume(returning: isComplete ? report : nil) }
        guard isComplete else { throw MetricsError(file: files.proc, reason: .cancelled) }
        return report
      }
    }
  }
}
