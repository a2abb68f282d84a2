/// State shared by all queries: the baseline, the rates computed from it, and the callers that wait for a probe.
struct QueryState {
  /// The counters at one point in time.
  struct Baseline {
    var time: MonotonicTime
    var processors: Result<ProcessorSample, MetricsError>
    var disks: Result<DiskSample, MetricsError>
  }

  /// The rates of one window.
  struct Rates {
    var cpu: Result<CPUUsage, MetricsError>
    var traffic: [DeviceNumber: DiskIO]
    var problems: [MetricsError] = []
  }

  enum RatesAnswer {
    case known(Rates)
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
  private var baseline: Baseline?
  private var lastRates: Rates?
  private var networkBaseline: NetworkSample?
  private var networkRates: [String: InterfaceRates] = [:]
  private var report: (report: DiskReport, time: MonotonicTime)?
  private var isProbing = false
  private var waiters: [Waiter] = []

  init(reader: HostReader) {
    self.reader = reader
  }

  mutating func rates() -> RatesAnswer {
    let now = MonotonicTime.now()
    guard let baseline, now.seconds(since: baseline.time) <= SamplingRules.longestWindow else {
      self.baseline = takeBaseline()
      lastRates = nil
      return .sampling(SamplingRules.shortestWindow)
    }
    let age = now.seconds(since: baseline.time)
    guard age >= SamplingRules.shortestWindow else {
      return lastRates.map { .known($0) } ?? .sampling(SamplingRules.shortestWindow - age)
    }
    let current = takeBaseline()
    let rates = computeRates(from: baseline, to: current)
    self.baseline = current
    lastRates = rates
    return .known(rates)
  }

  mutating func network() throws(MetricsError) -> [InterfaceUsage] {
    let sample = try reader.network()
    let age = networkBaseline.map { sample.time.seconds(since: $0.time) }
    if let networkBaseline, let age, age <= SamplingRules.longestWindow {
      if age >= SamplingRules.shortestWindow {
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
    if let report, MonotonicTime.now().seconds(since: report.time) < SamplingRules.shortestWindow {
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
    _ plan: DiskPlan, _ version: Int, _ results: [ProbeResult], _ rates: Rates, isComplete: Bool
  ) -> (DiskReport, [Waiter]) {
    let done = reader.report(plan, version: version, results, traffic: rates.traffic)
    if isComplete { report = (done, .now()) }
    isProbing = false
    defer { waiters.removeAll() }
    return (done, waiters)
  }

  mutating func snapshot(_ rates: Rates, _ report: Result<DiskReport, MetricsError>) -> Snapshot {
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

  private func takeBaseline() -> Baseline {
    // Without a mount table there are no devices to count. The error is reported when disks are queried.
    var ignored: [MetricsError] = []
    ignored.collect { () throws(MetricsError) in try reader.refreshPlan() }
    return Baseline(
      time: .now(),
      processors: Result { () throws(MetricsError) in try reader.processors() },
      disks: Result { () throws(MetricsError) in try reader.diskCounters() })
  }

  private func computeRates(from earlier: Baseline, to later: Baseline) -> Rates {
    var rates = Rates(cpu: .success(CPUUsage()), traffic: [:])
    rates.cpu = later.processors.map { sample in
      guard case .success(let before) = earlier.processors else { return sample.usageSinceBoot() }
      return sample.usage(since: before)
    }
    rates.problems.collect { () throws(MetricsError) in
      let load = try reader.loadAverage()
      rates.cpu = rates.cpu.map { usage in
        var usage = usage
        usage.loadAverage = load
        return usage
      }
    }
    rates.problems.collect { () throws(MetricsError) in
      let sample = try later.disks.get()
      if case .success(let before) = earlier.disks { rates.traffic = sample.traffic(since: before) }
    }
    return rates
  }
}
