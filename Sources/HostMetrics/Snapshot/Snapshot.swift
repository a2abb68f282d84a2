/// What a machine is doing, measured in one pass.
///
/// Every number is finite and not negative; percentages have at most two decimals. A part whose file
/// could not be read is empty or `nil`, and ``problems`` says which file and why.
public struct Snapshot: Sendable, Equatable {
  /// Processor usage over the window since the sampler's previous snapshot.
  public var cpu: CPUUsage
  /// Memory and swap, now.
  public var memory: MemoryUsage
  /// Local file systems on a block device and zfs datasets, one entry a device, in the order of the mount table.
  public var disks: [DiskUsage]
  /// Network interfaces of the host, without the virtual ones of containers and bridges.
  public var network: [InterfaceUsage]
  /// Seconds since boot; `nil` where `/proc/uptime` can't be read.
  public var uptimeSeconds: UInt64?
  /// Pressure stall information; `nil` where the kernel has none.
  public var pressure: Pressure?
  /// Mounts that did not answer in time; none of them has an entry in ``disks``.
  public var stalledMounts: [StalledMount]
  /// What could not be measured, for the log. Empty on a healthy machine.
  public var problems: [MetricsError]

  /// Creates a snapshot from its parts.
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
