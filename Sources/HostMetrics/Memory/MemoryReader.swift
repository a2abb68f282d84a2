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

extension MemoryUsage {
  /// Computes the usage as the columns of `free -bw`: buffers is `Buffers`, cache is `Cached` + `SReclaimable`.
  init?(meminfo: ByteScanner) {
    var total: UInt64?
    var free: UInt64?
    var buffers: UInt64 = 0
    var cached: UInt64 = 0
    var reclaimable: UInt64 = 0
    var available: UInt64?
    var swapTotal: UInt64?
    var swapFree: UInt64?

    var content = meminfo
    while var line = content.line() {
      if line.take("MemTotal:") {
        total = line.kilobytes()
      } else if line.take("MemFree:") {
        free = line.kilobytes()
      } else if line.take("MemAvailable:") {
        available = line.kilobytes()
      } else if line.take("Buffers:") {
        buffers = line.kilobytes() ?? 0
      } else if line.take("Cached:") {
        cached = line.kilobytes() ?? 0
      } else if line.take("SwapTotal:") {
        swapTotal = line.kilobytes()
      } else if line.take("SwapFree:") {
        swapFree = line.kilobytes()
      } else if line.take("SReclaimable:") {
        reclaimable = line.kilobytes() ?? 0
      }
    }
    guard let total, let free else { return nil }

    // Each difference is at least 0, as the kernel does not read the values at the same instant.
    let used = [free, buffers, cached, reclaimable].reduce(total) { increase(from: $1, to: $0) }
    self.init(
      totalBytes: total, usedBytes: used, usagePercent: percentage(Double(used), of: Double(total)),
      availableBytes: available.map { min($0, total) }, swapTotalBytes: swapTotal,
      swapUsedBytes: swapTotal.map { increase(from: swapFree ?? $0, to: $0) })
  }
}

extension ByteScanner {
  /// The next number, in kB, converted to bytes.
  fileprivate mutating func kilobytes() -> UInt64? {
    number().map { product($0, 1024) }
  }
}
