import Encoding
import HostMetrics

/// The readers of one sampler and the buffer they share. Not thread-safe.
final class HostReader {
  private let buffer = ReadBuffer()
  private let processorReader: ProcessorReader
  private let memoryReader: MemoryReader
  private let diskReader: DiskReader
  private let networkReader: NetworkReader
  private let pressureReader: PressureReader
  private let uptimeFile: KernelFile
  private let mountTable: MountTableReader
  private let blockDevices: BlockDevices
  private(set) var plan = DiskPlan()
  /// Incremented with each new ``plan``.
  private(set) var planVersion = 0
  private var lastStatistics: [FilesystemStatistics?] = []

  init(_ files: HostFiles) {
    processorReader = ProcessorReader(files)
    memoryReader = MemoryReader(files)
    diskReader = DiskReader(files)
    networkReader = NetworkReader(files)
    pressureReader = PressureReader(files)
    uptimeFile = KernelFile(files.proc + "/uptime")
    mountTable = MountTableReader(files)
    blockDevices = BlockDevices(files)
  }

  func processors() throws(MetricsError) -> ProcessorSample { try processorReader.sample(buffer) }

  func loadAverage() throws(MetricsError) -> [Double] { try processorReader.loadAverage(buffer) }

  func memory() throws(MetricsError) -> MemoryUsage { try memoryReader.usage(buffer) }

  func network() throws(MetricsError) -> NetworkSample { try networkReader.sample(buffer) }

  func usage(_ sample: NetworkSample, rates: [ExactString: InterfaceRates]) -> [InterfaceUsage] {
    networkReader.usage(sample, rates: rates)
  }

  func pressure() -> Pressure? { pressureReader.pressure(buffer) }

  /// Whole seconds since boot (proc_uptime(5)).
  func uptime() throws(MetricsError) -> UInt64 {
    var content = try uptimeFile.read(into: buffer)
    guard let seconds = content.number() else {
      throw MetricsError(file: uptimeFile.path, reason: .malformed(missing: "seconds since boot"))
    }
    return seconds
  }

  /// The counters of the devices in ``plan``.
  func diskCounters() throws(MetricsError) -> DiskSample { try diskReader.sample(of: plan.devices, buffer) }

  /// Updates ``plan`` if the mount table has changed.
  func refreshPlan() throws(MetricsError) {
    guard mountTable.mayHaveChanged() else { return }
    plan = DiskPlan(try mountTable.read(buffer), blockDevices)
    planVersion &+= 1
    lastStatistics = Array(repeating: nil, count: plan.targets.count)
  }

  /// The report of a plan's probe results. `version` is the ``planVersion`` at the time of the probe.
  func report(
    _ plan: DiskPlan, version: Int, _ results: [ProbeResult], traffic: [DeviceNumber: DiskIO]
  ) -> DiskReport {
    let isCurrent = version == planVersion
    let report = DiskReport(
      plan, results, previous: isCurrent ? lastStatistics : [], traffic: traffic, now: .now())
    if isCurrent {
      for (index, result) in results.enumerated() {
        if case .responded(let statistics) = result { lastStatistics[index] = statistics }
      }
    }
    return report
  }
}
