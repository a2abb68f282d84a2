import Encoding
import HostMetrics

/// State shared by all queries: the baseline, the rates computed from it, and the callers that wait for a probe.
struct QueryState {
  enum RatesAnswer {
    case known(QueryRates)
    /// A sample is being taken; the value is the number of seconds until it is complete.
    case sampling(Double)
  }

  enum ReportAnswer {
    case known(DiskReport)
    /// Another caller is probing the mounts.
    case wait
    case probe(DiskPlan, Int)
  }

  /// Resumed with the report, or with nil if the probe was cancelled.
  typealias Waiter = CheckedContinuation<DiskReport?, Never>

  let reader: HostReader
  private var baseline: CounterSample?
  private var lastRates: QueryRates?
  private var networkBaseline: NetworkSample?
  private var networkRates: [ExactString: InterfaceRates] = [:]
  private var report: (report: DiskReport, time: MonotonicTime)?
  private var isProbing = false
  private var waiters: [Waiter] = []

  init(reader: HostReader) {
    self.reader = reader
  }

  mutating func rates() -> RatesAnswer {
    let window = SamplingWindow(since: baseline?.time, at: .now())
    if case .incomplete(let remaining) = window {
      return lastRates.map { .known($0) } ?? .sampling(remaining)
    }
    guard window == .complete, let baseline else {
      baseline = takeSample()
      lastRates = nil
      return .sampling(SamplingWindow.shortest)
    }
    let current = takeSample()
    let rates = QueryRates(
      from: baseline, to: current,
      loadAverage: Result { () throws(MetricsError) in try reader.loadAverage() })
    self.baseline = current
    lastRates = rates
    return .known(rates)
  }

  mutating func network() throws(MetricsError) -> [InterfaceUsage] {
    let sample = try reader.network()
    let window = SamplingWindow(since: networkBaseline?.time, at: sample.time)
    if let networkBaseline, window != .expired {
      if window == .complete {
        networkRates = sample.rates(since: networkBaseline)
        self.networkBaseline = sample
      }
    } else {
      networkRates = [:]
      networkBaseline = sample
    }
    return reader.usage(sample, rates: networkRates)
  }

  mutating func diskReport() throws(MetricsError) -> ReportAnswer {
    if let report, MonotonicTime.now().seconds(since: report.time) < SamplingWindow.shortest {
      return .known(report.report)
    }
    if isProbing { return .wait }
    try reader.refreshPlan()
    isProbing = true
    return .probe(reader.plan, reader.planVersion)
  }

  /// Registers a waiter; false if the probe has ended.
  mutating func register(_ waiter: Waiter) -> Bool {
    guard isProbing else { return false }
    waiters.append(waiter)
    return true
  }

  mutating func finishProbe(
    _ plan: DiskPlan, _ version: Int, _ results: [ProbeResult], _ rates: QueryRates, isComplete: Bool
  ) -> (DiskReport, [Waiter]) {
    let done = reader.report(plan, version: version, results, traffic: rates.traffic)
    if isComplete { report = (done, .now()) }
    isProbing = false
    defer { waiters.removeAll() }
    return (done, waiters)
  }

  mutating func snapshot(_ rates: QueryRates, _ report: Result<DiskReport, MetricsError>) -> Snapshot {
    var snapshot = Snapshot(problems: rates.problems)
    snapshot.problems.collect { () throws(MetricsError) in snapshot.cpu = try rates.cpu.get() }
    snapshot.problems.collect { () throws(MetricsError) in snapshot.memory = try reader.memory() }
    snapshot.problems.collect { () throws(MetricsError) in snapshot.network = try network() }
    snapshot.problems.collect { () throws(MetricsError) in snapshot.uptimeSeconds = try reader.uptime() }
    snapshot.pressure = reader.pressure()
    snapshot.problems.collect { () throws(MetricsError) in
      let report = try report.get()
      snapshot.disks = report.disks
      snapshot.stalledMounts = report.stalledMounts
    }
    return snapshot
  }

  private func takeSample() -> CounterSample {
    // Without a mount table there are no devices to count. The error is reported when disks are queried.
    var ignored: [MetricsError] = []
    ignored.collect { () throws(MetricsError) in try reader.refreshPlan() }
    return CounterSample(
      time: .now(),
      processors: Result { () throws(MetricsError) in try reader.processors() },
      disks: Result { () throws(MetricsError) in try reader.diskCounters() })
  }
}
