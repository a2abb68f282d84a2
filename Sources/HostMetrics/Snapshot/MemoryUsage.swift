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
