import Glibc

/// What statvfs(3) says of a file system, in bytes and inodes, with nothing negative or overflowing.
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
    // Reserved blocks in use make the number of available ones negative, which shows as a huge one.
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
