/// Counters of one block device since boot: a line of `/proc/diskstats`
/// (Documentation/admin-guide/iostats.rst of the kernel).
struct DiskCounters: Sendable, Equatable {
  var device: DeviceNumber
  var reads: UInt64
  var sectorsRead: UInt64
  var writes: UInt64
  var sectorsWritten: UInt64
  /// Milliseconds in which at least one request was in flight.
  var busyMilliseconds: UInt64

  /// Parses a line; `nil` if it is truncated.
  init?(_ line: inout ByteScanner) {
    guard let major = line.number(), let minor = line.number(), line.word() != nil,
      let reads = line.number(), line.number() != nil, let sectorsRead = line.number(),
      line.number() != nil, let writes = line.number(), line.number() != nil,
      let sectorsWritten = line.number(), line.number() != nil, line.number() != nil,
      let busyMilliseconds = line.number()
    else { return nil }
    device = DeviceNumber(major: UInt32(clamping: major), minor: UInt32(clamping: minor))
    self.reads = reads
    self.sectorsRead = sectorsRead
    self.writes = writes
    self.sectorsWritten = sectorsWritten
    self.busyMilliseconds = busyMilliseconds
  }

  /// The traffic since an earlier sample. A sector is always 512 bytes, independent of the device's own sector size.
  func traffic(since earlier: DiskCounters, seconds: Double) -> DiskIO {
    func perSecond(_ counter: KeyPath<DiskCounters, UInt64>, _ unit: Double) -> UInt64 {
      rate(
        Double(increase(from: earlier[keyPath: counter], to: self[keyPath: counter])) * unit, over: seconds)
    }
    let busy = increase(from: earlier.busyMilliseconds, to: busyMilliseconds)
    return DiskIO(
      readBytesPerSecond: perSecond(\.sectorsRead, 512),
      writeBytesPerSecond: perSecond(\.sectorsWritten, 512), readIOPS: perSecond(\.reads, 1),
      writeIOPS: perSecond(\.writes, 1),
      utilPercent: percentage(Double(busy), of: seconds * 1000))
  }
}
