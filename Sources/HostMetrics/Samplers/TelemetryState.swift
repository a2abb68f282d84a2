/// Telemetry's own baseline: the counters that the previous snapshot saw.
struct TelemetryState {
  let reader: HostReader
  private var processors: ProcessorSample?
  private var cpu: CPUUsage?
  private var disks: DiskSample?
  private var network: NetworkSample?

  init(reader: HostReader) {
    self.reader = reader
  }

  /// Measures all but the mounts, which have to be asked next: the plan, its number and the traffic of its devices.
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
    // Two snapshots within a clock tick have no window: the figures stay.
    if sample == processors, let cpu { return cpu }
    let usage = processors.map { sample.usage(since: $0) } ?? sample.usageSinceBoot()
    processors = sample
    cpu = usage
    return usage
  }

  private mutating func measureNetwork() throws(MetricsError) -> [InterfaceUsage] {
    let sample = try reader.network()
    let rates = network.map { sample.rates(since: $0) } ?? [:]
    network = sample
    return reader.usage(sample, rates: rates)
  }

  private mutating func measureTraffic() throws(MetricsError) -> [DeviceNumber: DiskIO] {
    let sample = try reader.diskCounters()
    let traffic = disks.map { sample.traffic(since: $0) } ?? [:]
    disks = sample
    return traffic
  }
}
