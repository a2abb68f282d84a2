import Encoding
import HostMetrics

/// The baselines of telemetry: the counters of the previous snapshot and the rates computed from them.
struct TelemetryState {
  let reader: HostReader
  private var processors = Baseline<ProcessorSample, CPUUsage>()
  private var disks = Baseline<DiskSample, [DeviceNumber: DiskIO]>()
  private var network = Baseline<NetworkSample, [ExactString: InterfaceRates]>()

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
    return processors.rates(of: sample, at: .now()) { earlier in
      earlier.map { sample.usage(since: $0) } ?? sample.usageSinceBoot()
    } ?? sample.usageSinceBoot()
  }

  private mutating func measureNetwork() throws(MetricsError) -> [InterfaceUsage] {
    let sample = try reader.network()
    let rates = network.rates(of: sample, at: sample.time) { $0.map { sample.rates(since: $0) } }
    return reader.usage(sample, rates: rates ?? [:])
  }

  private mutating func measureTraffic() throws(MetricsError) -> [DeviceNumber: DiskIO] {
    let sample = try reader.diskCounters()
    return disks.rates(of: sample, at: sample.time) { $0.map { sample.traffic(since: $0) } } ?? [:]
  }
}
