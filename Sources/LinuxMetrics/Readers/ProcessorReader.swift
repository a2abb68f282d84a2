import HostMetrics

/// Reads `/proc/stat` and `/proc/loadavg`.
struct ProcessorReader {
  private let stat: KernelFile
  private let loadavg: KernelFile

  init(_ files: HostFiles) {
    stat = KernelFile(files.proc + "/stat")
    loadavg = KernelFile(files.proc + "/loadavg")
  }

  func sample(_ buffer: ReadBuffer) throws(MetricsError) -> ProcessorSample {
    guard let sample = ProcessorSample(try stat.read(into: buffer)) else {
      throw MetricsError(file: stat.path, reason: .malformed(missing: "line \"cpu\" with its times"))
    }
    return sample
  }

  /// The load averages over 1, 5 and 15 minutes.
  func loadAverage(_ buffer: ReadBuffer) throws(MetricsError) -> [Double] {
    guard let averages = CPUUsage.loadAverages(try loadavg.read(into: buffer)) else {
      throw MetricsError(file: loadavg.path, reason: .malformed(missing: "three load averages"))
    }
    return averages
  }
}
