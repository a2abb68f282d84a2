import HostMetrics

/// Reads `/proc/diskstats`.
struct DiskReader {
  private let diskstats: KernelFile

  init(_ files: HostFiles) {
    diskstats = KernelFile(files.proc + "/diskstats")
  }

  /// The counters of the requested devices, partitions included.
  func sample(of requested: Set<DeviceNumber>, _ buffer: ReadBuffer) throws(MetricsError) -> DiskSample {
    guard !requested.isEmpty else { return DiskSample(time: .now(), devices: []) }
    let content = try diskstats.read(into: buffer)
    return DiskSample(time: .now(), of: requested, content)
  }
}
