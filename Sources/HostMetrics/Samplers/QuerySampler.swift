import Locks

/// Measures the machine for commands, against one baseline that all of them share.
///
/// A question whose window would be shorter than 200 ms gets the figures computed last. One that finds no
/// baseline, or one older than a minute, waits for a sample of 200 ms; all that come in that time wait for
/// the same one. No thread waits with them.
public final class QuerySampler: Sendable {
  private let prober: MountProber
  private let files: HostFiles
  private let state: Locked<QueryState>

  /// Creates a sampler.
  ///
  /// - Parameter prober: the one of the process, shared with all other samplers.
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

  /// The disks with their traffic; those that do not answer in time are left out.
  ///
  /// - Throws: ``MetricsError`` if the mount table can't be read, or the task was cancelled.
  public func disks() async throws(MetricsError) -> [DiskUsage] {
    try await diskReport(try await rates()).disks
  }

  /// Everything. A part that can't be measured is empty and named in ``Snapshot/problems``.
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

  /// The figures of the newest window, once there is one.
  private func rates() async throws(MetricsError) -> QueryState.Rates {
    while true {
      let remaining: Duration
      switch state.withLock({ $0.rates() }) {
      case .known(let rates): return rates
      case .sampling(let seconds): remaining = .seconds(seconds)
      }
      // Everybody waits by itself for the same moment: whoever is cancelled takes nobody else along.
      do {
        try await Task.sleep(for: remaining, tolerance: .milliseconds(5))
      } catch {
        throw MetricsError(file: files.proc, reason: .cancelled)
      }
    }
  }

  /// The answers of the mounts: one probe at a time, shared by all who ask meanwhile.
  private func diskReport(_ rates: QueryState.Rates) async throws(MetricsError) -> DiskReport {
    while true {
      switch try state.withLock({ (state) throws(MetricsError) in try state.diskReport() }) {
      case .known(let report):
        return report
      case .wait:
        let report = await withCheckedContinuation { continuation in
          if !state.withLock({ $0.register(continuation) }) { continuation.resume(returning: nil) }
        }
        if let report { return report }
      case .probe(let plan, let number):
        let results = await prober.probe(plan.targets)
        let isComplete = !Task.isCancelled
        let (report, waiters) = state.withLock {
          $0.finishProbe(plan, number, results, rates, isComplete: isComplete)
        }
        // After a cancelled probe one of the others makes the next.
        for waiter in waiters { waiter.resume(returning: isComplete ? report : nil) }
        guard isComplete else { throw MetricsError(file: files.proc, reason: .cancelled) }
        return report
      }
    }
  }
}
