import Glibc

/// The result of statvfs(3) in bytes and inodes, without negative or overflowing values.
struct FilesystemStatistics: Sendable, Equatable {
  var totalBytes: UInt64
  /// Free blocks, those reserved for root included.
  var freeBytes: UInt64
  /// Free blocks for users.
  var availableBytes: UInt64
  var inodesTotal: UInt64
  var inodesFree: UInt64

  init(
    totalBytes: UInt64, freeBytes: UInt64, availableBytes: UInt64, inodesTotal: UInt64 = 0,
    inodesFree: UInt64 = 0
  ) {
    self.totalBytes = totalBytes
    self.freeBytes = freeBytes
    self.availableBytes = availableBytes
    self.inodesTotal = inodesTotal
    self.inodesFree = inodesFree
  }

  init(_ status: statvfs) {
    let unit = UInt64(clamping: status.f_frsize > 0 ? status.f_frsize : status.f_bsize)
    totalBytes = product(UInt64(status.f_blocks), unit)
    freeBytes = product(UInt64(status.f_bfree), unit)
    // With reserved blocks in use the number of available blocks is negative, which unsigned is very large.
    let available = UInt64(status.f_bavail)
    availableBytes = available > largestNumber ? 0 : product(available, unit)
    inodesTotal = min(UInt64(status.f_files), largestNumber)
    inodesFree = min(UInt64(status.f_ffree), largestNumber)
  }

  var usedBytes: UInt64 { increase(from: freeBytes, to: totalBytes) }

  var usagePercent: Double {
    percentage(Double(usedBytes), of: Double(usedBytes) + Double(availableBytes))
  }
}
