import HostMetrics

/// Reads `/proc/meminfo` (proc_meminfo(5)).
struct MemoryReader {
  private let meminfo: KernelFile

  init(_ files: HostFiles) {
    meminfo = KernelFile(files.proc + "/meminfo")
  }

  func usage(_ buffer: ReadBuffer) throws(MetricsError) -> MemoryUsage {
    guard let usage = MemoryUsage(meminfo: try meminfo.read(into: buffer)) else {
      throw MetricsError(
        file: meminfo.path, reason: .malformed(missing: "lines \"MemTotal\" and \"MemFree\""))
    }
    return usage
  }
}
