/// The result of statvfs(3) in bytes and inodes, without negative or overflowing values.
package struct FilesystemStatistics: Sendable, Equatable {
  package var totalBytes: UInt64
  /// Free blocks, those reserved for root included.
  package var freeBytes: UInt64
  /// Free blocks for users.
  package var availableBytes: UInt64
  package var inodesTotal: UInt64
  package var inodesFree: UInt64

  package init(
    totalBytes: UInt64, freeBytes: UInt64, availableBytes: UInt64, inodesTotal: UInt64 = 0,
    inodesFree: UInt64 = 0
  ) {
    self.totalBytes = totalBytes
    self.freeBytes = freeBytes
    self.availableBytes = availableBytes
    self.inodesTotal = inodesTotal
    self.inodesFree = inodesFree
  }

  /// Converts the fields of `struct statvfs`.
  package init(
    fragmentSize: UInt64, blockSize: UInt64, blocks: UInt64, freeBlocks: UInt64, availableBlocks: UInt64,
    inodes: UInt64, freeInodes: UInt64
  ) {
    let unit = fragmentSize > 0 ? fragmentSize : blockSize
    totalBytes = product(blocks, unit)
    freeBytes = product(freeBlocks, unit)
    // With reserved blocks in use the number of available blocks is negative, which unsigned is very large.
    availableBytes = availableBlocks > largestNumber ? 0 : product(availableBlocks, unit)
    inodesTotal = min(inodes, largestNumber)
    inodesFree = min(freeInodes, largestNumber)
  }

  package var usedBytes: UInt64 { increase(from: freeBytes, to: totalBytes) }

  package var usagePercent: Double {
    percentage(Double(usedBytes), of: Double(usedBytes) + Double(availableBytes))
  }
}
