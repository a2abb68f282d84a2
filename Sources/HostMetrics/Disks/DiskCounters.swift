/// Counters of one block device since boot: a line of `/proc/diskstats`
/// (Documentation/admin-guide/iostats.rst of the kernel).
package struct DiskCounters: Sendable, Equatable {
  package var device: DeviceNumber
  var reads: UInt64
  var sectorsRead: UInt64
  var writes: UInt64
  var sectorsWritten: UInt64
  /// Milliseconds in which at least one request was in flight.
  var busyMilliseconds: UInt64

  /// Parses a line; `nil` if it is truncated.
  package init?(_ line: inout ByteScanner) {
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
  package func traffic(since earlier: DiskCounters, seconds: Double) -> DiskIO {
    func perSecond(_ earlier: UInt64, _ later: UInt64, unit: Double) -> UInt64 {
      rate(Double(increase(from: earlier, to: later)) * unit, over: seconds)
    }
    let busy = increase(from: earlier.busyMilliseconds, to: busyMilliseconds)
    return DiskIO(
      readBytesPerSecond: perSecond(earlier.sectorsRead, sectorsRead, unit: 512),
      writeBytesPerSecond: perSecond(earlier.sectorsWritten, sectorsWritten, unit: 512),
      readIOPS: perSecond(earlier.reads, reads, unit: 1),
      writeIOPS: perSecond(earlier.writes, writes, unit: 1),
      utilPercent: percentage(Double(busy), of: seconds * 1000))
  }
}

/// The counters of the block devices at one point in time.
package struct DiskSample: Sendable {
  package var time: MonotonicTime
  package var devices: [DiskCounters]

  package init(time: MonotonicTime, devices: [DiskCounters]) {
    self.time = time
    self.devices = devices
  }

  /// Parses the lines of the requested devices, partitions included, from `/proc/diskstats`.
  package init(time: MonotonicTime, of requested: Set<DeviceNumber>, _ content: ByteScanner) {
    var content = content
    var devices: [DiskCounters] = []
    devices.reserveCapacity(requested.count)
    while devices.count < requested.count, var line = content.line() {
      guard let counters = DiskCounters(&line), requested.contains(counters.device) else { continue }
      devices.append(counters)
    }
    self.init(time: time, devices: devices)
  }

  /// The traffic of each device since an earlier sample in which it had counters.
  package func traffic(since earlier: DiskSample) -> [DeviceNumber: DiskIO] {
    let seconds = time.seconds(since: earlier.time)
    guard seconds > 0 else { return [:] }
    var traffic: [DeviceNumber: DiskIO] = [:]
    traffic.reserveCapacity(devices.count)
    for (index, now) in devices.enumerated() {
      let sameIndex = earlier.devices.indices.contains(index) ? earlier.devices[index] : nil
      let before =
        sameIndex?.device == now.device ? sameIndex : earlier.devices.first { $0.device == now.device }
      if let before { traffic[now.device] = now.traffic(since: before, seconds: seconds) }
    }
    return traffic
  }
}
