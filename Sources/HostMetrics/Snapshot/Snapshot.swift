/// Resource usage of a machine, measured in one pass.
///
/// Every number is finite and not negative; percentages have at most two decimals. A part whose file
/// can't be read is empty or `nil`, and ``problems`` contains the file and the reason.
public struct Snapshot: Sendable, Equatable {
  /// Processor usage over the window since the sampler's previous snapshot.
  public var cpu: CPUUsage
  /// Memory and swap, now.
  public var memory: MemoryUsage
  /// Local file systems on block devices and zfs datasets, one entry per device, in the order of the mount table.
  public var disks: [DiskUsage]
  /// Network interfaces of the host, without the virtual ones of containers and bridges.
  public var network: [InterfaceUsage]
  /// Seconds since boot; `nil` where `/proc/uptime` can't be read.
  public var uptimeSeconds: UInt64?
  /// Pressure stall information; `nil` where the kernel has none.
  public var pressure: Pressure?
  /// Mounts that did not respond in time; none of them has an entry in ``disks``.
  public var stalledMounts: [StalledMount]
  /// Failed measurements, to be logged. Empty on a healthy machine.
  public var problems: [MetricsError]

  /// Creates a snapshot.
  public init(
    cpu: CPUUsage = CPUUsage(), memory: MemoryUsage = MemoryUsage(), disks: [DiskUsage] = [],
    network: [InterfaceUsage] = [], uptimeSeconds: UInt64? = nil, pressure: Pressure? = nil,
    stalledMounts: [StalledMount] = [], problems: [MetricsError] = []
  ) {
    self.cpu = cpu
    self.memory = memory
    self.disks = disks
    self.network = network
    self.uptimeSeconds = uptimeSeconds
    self.pressure = pressure
    self.stalledMounts = stalledMounts
    self.problems = problems
  }
}
