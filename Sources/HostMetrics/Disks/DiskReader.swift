/// Reads `/proc/diskstats`.
struct DiskReader {
  private let diskstats: KernelFile

  init(_ files: HostFiles) {
    diskstats = KernelFile(files.proc + "/diskstats")
  }

  /// The counters of the requested devices, partitions included.
  func sample(of wanted: Set<DeviceNumber>, _ buffer: ReadBuffer) throws(MetricsError) -> DiskSample {
    guard !wanted.isEmpty else { return DiskSample(time: .now(), devices: []) }
    var content = try diskstats.read(into: buffer)
    let time = MonotonicTime.now()
    var devices: [DiskCounters] = []
    devices.reserveCapacity(wanted.count)
    while devices.count < wanted.count, var line = content.line() {
      guard let counters = DiskCounters(&line), wanted.contains(counters.device) else { continue }
      devices.append(counters)
    }
    return DiskSample(time: time, devices: devices)
  }
}
