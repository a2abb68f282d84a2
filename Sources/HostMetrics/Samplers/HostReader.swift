/// All readers of one sampler with the buffer they share. Not for two threads at a time.
final class HostReader {
  private let buffer = ReadBuffer()
  private let processorReader: ProcessorReader
  private let memoryReader: MemoryReader
  private let diskReader: DiskReader
  private let networkReader: NetworkReader
  private let pressureReader: PressureReader
  private let uptimeReader: UptimeReader
  private let mountTable: MountTable
  private let blockDevices: BlockDevices
  private(set) var plan = DiskPlan()
  /// Changes with every new ``plan``.
  private(set) var planNumber = 0
  private var lastStatistics: [FilesystemStatistics?] = []

  init(_ files: HostFiles) {
    processorReader = ProcessorReader(files)
    memoryReader = MemoryReader(files)
    diskReader = DiskReader(files)
    networkReader = NetworkReader(files)
    pressureReader = PressureReader(files)
    uptimeReader = UptimeReader(files)
    mountTable = MountTable(files)
    blockDevices = BlockDevices(files)
  }

  func processors() throws(MetricsError) -> ProcessorSample { try processorReader.sample(buffer) }

  func loadAverage() throws(MetricsError) -> [Double] { try processorReader.loadAverage(buffer) }

  func memory() throws(MetricsError) -> MemoryUsage { try memoryReader.usage(buffer) }

  func network() throws(MetricsError) -> NetworkSample { try networkReader.sample(buffer) }

  func usage(_ sample: NetworkSample, rates: [String: InterfaceRates]) -> [InterfaceUsage] {
    networkReader.usage(sample, rates: rates)
  }

  func pressure() -> Pressure? { pressureReader.pressure(buffer) }

  func uptime() throws(MetricsError) -> UInt64 { try uptimeReader.seconds(buffer) }

  /// The counters of the devices in ``plan``.
  func diskCounters() throws(MetricsError) -> DiskSample { try diskReader.sample(of: plan.devices, buffer) }

  /// Brings ``plan`` up to date with the mount table.
  func refreshPlan() throws(MetricsError) {
    guard mountTable.mayHaveChanged() else { return }
    plan = DiskPlan(try mountTable.read(buffer), blockDevices)
    planNumber &+= 1
    lastStatistics = Array(repeating: nil, count: plan.targets.count)
  }

  /// Makes the report of a plan's answers. `planNumber` is the number it had when the mounts were asked.
  func report(
    _ plan: DiskPlan, number: Int, _ results: [ProbeResult], traffic: [DeviceNumber: DiskIO]
  ) -> DiskReport {
    let isCurrent = number == planNumber
    let report = DiskReport(
      plan, results, previous: isCurrent ? lastStatistics : [], traffic: traffic, now: .now())
    if isCurrent {
      for (index, result) in results.enumerated() {
        if case .answered(let statistics) = result { lastStatistics[index] = statistics }
      }
    }
    return report
  }
}
