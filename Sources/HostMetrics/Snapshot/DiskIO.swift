/// Traffic of a block device over a window, from the counters of `/proc/diskstats`
/// (Documentation/admin-guide/iostats.rst of the kernel).
public struct DiskIO: Sendable, Equatable {
  /// Bytes read per second.
  public var readBytesPerSecond: UInt64
  /// Bytes written per second.
  public var writeBytesPerSecond: UInt64
  /// Completed reads per second.
  public var readIOPS: UInt64
  /// Completed writes per second.
  public var writeIOPS: UInt64
  /// Share of the window in which at least one request was in flight, 0 to 100.
  public var utilPercent: Double

  /// Creates the traffic of a device.
  public init(
    readBytesPerSecond: UInt64 = 0, writeBytesPerSecond: UInt64 = 0, readIOPS: UInt64 = 0,
    writeIOPS: UInt64 = 0, utilPercent: Double = 0
  ) {
    self.readBytesPerSecond = readBytesPerSecond
    self.writeBytesPerSecond = writeBytesPerSecond
    self.readIOPS = readIOPS
    self.writeIOPS = writeIOPS
    self.utilPercent = utilPercent
  }
}
