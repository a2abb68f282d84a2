/// Memory and swap at one point in time, in bytes.
public struct MemoryUsage: Sendable, Equatable {
  /// Usable memory of the machine (`MemTotal`).
  public var totalBytes: UInt64
  /// total − free − buffers − cache, the columns of `free -bw`; cache is page cache plus reclaimable slab.
  public var usedBytes: UInt64
  /// ``usedBytes`` of ``totalBytes``, 0 to 100.
  public var usagePercent: Double
  /// The kernel's estimate of the memory available to new programs without swapping; `nil` before Linux 3.14.
  public var availableBytes: UInt64?
  /// Size of all swap areas; `nil` on a kernel without swap support.
  public var swapTotalBytes: UInt64?
  /// Swap in use; `nil` on a kernel without swap support.
  public var swapUsedBytes: UInt64?

  /// Creates a usage.
  public init(
    totalBytes: UInt64 = 0, usedBytes: UInt64 = 0, usagePercent: Double = 0,
    availableBytes: UInt64? = nil, swapTotalBytes: UInt64? = nil, swapUsedBytes: UInt64? = nil
  ) {
    self.totalBytes = totalBytes
    self.usedBytes = usedBytes
    self.usagePercent = usagePercent
    self.availableBytes = availableBytes
    self.swapTotalBytes = swapTotalBytes
    self.swapUsedBytes = swapUsedBytes
  }
}

extension MemoryUsage {
  /// Parses `/proc/meminfo` (proc_meminfo(5)); `nil` without `MemTotal` and `MemFree`.
  ///
  /// The usage follows the columns of `free -bw`: buffers is `Buffers`, cache is `Cached` + `SReclaimable`.
  package init?(meminfo: ByteScanner) {
    var total: UInt64?
    var free: UInt64?
    var buffers: UInt64 = 0
    var cached: UInt64 = 0
    var reclaimable: UInt64 = 0
    var available: UInt64?
    var swapTotal: UInt64?
    var swapFree: UInt64?

    var content = meminfo
    // The last one of these lines is in the middle of the file.
    var missing = 8
    while missing > 0, var line = content.line() {
      missing -= 1
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
      } else {
        missing += 1
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
