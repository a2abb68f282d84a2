/// Telemetry's own baseline: the counters that the previous snapshot saw, and what was computed from them.
///
/// A window under 200 ms (an interval was changed just after a snapshot) moves nothing: the figures of the
/// previous snapshot stand, and where it had none, those of the short window.
struct TelemetryState {
  /// Counters with the figures of the window that ended with them.
  private struct Baseline<Sample, Figures> {
    var sample: Sample
    var time: MonotonicTime
    var figures: Figures?
  }

  let reader: HostReader
  private var processors: Baseline<ProcessorSample, CPUUsage>?
  private var disks: Baseline<DiskSample, [DeviceNumber: DiskIO]>?
  private var network: Baseline<NetworkSample, [String: InterfaceRates]>?

  init(reader: HostReader) {
    self.reader = reader
  }

  /// Measures all but the mounts, which have to be asked next: the plan, its number and the traffic of its
  /// devices come along.
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
    return (snapshot, reader.plan, reader.planNumber, traffic)
  }

  private mutating func measureProcessors() throws(MetricsError) -> CPUUsage {
    let sample = try reader.processors()
    return Self.figures(&processors, sample, .now()) { earlier in
      earlier.map { sample.usage(since: $0) } ?? sample.usageSinceBoot()
    } ?? sample.usageSinceBoot()
  }

  private mutating func measureNetwork() throws(MetricsError) -> [InterfaceUsage] {
    let sample = try reader.network()
    let rates = Self.figures(&network, sample, sample.time) { $0.map { sample.rates(since: $0) } }
    return reader.usage(sample, rates: rates ?? [:])
  }

  private mutating func measureTraffic() throws(MetricsError) -> [DeviceNumber: DiskIO] {
    let sample = try reader.diskCounters()
    return Self.figures(&disks, sample, sample.time) { $0.map { sample.traffic(since: $0) } } ?? [:]
  }

  /// The figures to show: those of a new window, which becomes the baseline, or those that stand.
  private static func figures<Sample, Figures>(
    _ baseline: inout Baseline<Sample, Figures>?, _ sample: Sample, _ now: MonotonicTime,
    compute: (Sample?) -> Figures?
  ) -> Figures? {
    if let baseline, now.seconds(since: baseline.time) < SamplingRules.shortestWindow {
      return baseline.figures ?? compute(baseline.sample)
    }
    let figures = compute(baseline?.sample)
    baseline = Baseline(sample: sample, time: now, figures: figures)
    return figures
  }
}
