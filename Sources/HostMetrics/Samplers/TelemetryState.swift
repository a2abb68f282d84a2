/// The baseline of telemetry: the counters of the previous snapshot and the rates computed from them.
///
/// A snapshot less than 200 ms after the previous one (the interval was just changed) repeats its rates, or, if it
/// had none, reports those of the short window. The baseline does not change.
struct TelemetryState {
  /// Counters, and the rates of the window that ended with them.
  private struct Baseline<Sample, Rates> {
    var sample: Sample
    var time: MonotonicTime
    var rates: Rates?
  }

  let reader: HostReader
  private var processors: Baseline<ProcessorSample, CPUUsage>?
  private var disks: Baseline<DiskSample, [DeviceNumber: DiskIO]>?
  private var network: Baseline<NetworkSample, [String: InterfaceRates]>?

  init(reader: HostReader) {
    self.reader = reader
  }

  /// Measures everything except the mounts, which the caller has to probe by the returned plan.
  ///
  /// - Returns: the snapshot, the plan and its version, and the traffic of its devices.
  mutating func measure() -> (Snapshot, DiskPlan, Int, [DeviceNumber: DiskIO]) {
    var snapshot = Snapshot()
    snapshot.problems.collect { () throws(MetricsError) in snapshot.cpu = try measureProcessors() }
    snapshot.problems.collect { () throws(MetricsError) in
      snapshot.cpu.loadAverage = try reader.loadAverage()
    }
    snapshot.problems.collect { () throws(MetricsError) in snapshot.memory = try reader.memory() }
    snapshot.problems.collect { () throws(MetricsError) in snapshot.network = try measureNetwork() }
    snapshot.problems.collect { () throws(MetricsError) in snapshot.uptimeSeconds = try reader.uptime() }
    snapshot.pressure = reader.pressure()
    snapshot.problems.collect { () throws(MetricsError) in try reader.refreshPlan() }
    var traffic: [DeviceNumber: DiskIO] = [:]
    snapshot.problems.collect { () throws(MetricsError) in traffic = try measureTraffic() }
    return (snapshot, reader.plan, reader.planVersion, traffic)
  }

  private mutating func measureProcessors() throws(MetricsError) -> CPUUsage {
    let sample = try reader.processors()
    return Self.rates(&processors, sample, .now()) { earlier in
      earlier.map { sample.usage(since: $0) } ?? sample.usageSinceBoot()
    } ?? sample.usageSinceBoot()
  }

  private mutating func measureNetwork() throws(MetricsError) -> [InterfaceUsage] {
    let sample = try reader.network()
    let rates = Self.rates(&network, sample, sample.time) { $0.map { sample.rates(since: $0) } }
    return reader.usage(sample, rates: rates ?? [:])
  }

  private mutating func measureTraffic() throws(MetricsError) -> [DeviceNumber: DiskIO] {
    let sample = try reader.diskCounters()
    return Self.rates(&disks, sample, sample.time) { $0.map { sample.traffic(since: $0) } } ?? [:]
  }

  /// The rates to report: those of a new window, which becomes the baseline, or the previous ones.
  private static func rates<Sample, Rates>(
    _ baseline: inout Baseline<Sample, Rates>?, _ sample: Sample, _ now: MonotonicTime,
    compute: (Sample?) -> Rates?
  ) -> Rates? {
    if let baseline, now.seconds(since: baseline.time) < SamplingRules.shortestWindow {
      return baseline.rates ?? compute(baseline.sample)
    }
    let rates = compute(baseline?.sample)
    baseline = Baseline(sample: sample, time: now, rates: rates)
    return rates
  }
}
