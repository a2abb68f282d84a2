import AgentProtocol
import HostMetrics

/// Something about the machine that is told when it begins and when it is over: a pure value that remembers what was told.
protocol AlertCondition: Sendable {
  /// The alerts that follow from what is seen now. They count as told.
  mutating func update(_ observation: HostObservation, _ settings: AlertSettings) -> [AlertPayload]
}

/// What is known of the machine at one moment, as far as alerts follow from it.
struct HostObservation: Sendable {
  /// When it was seen.
  var time = ContinuousClock.now
  /// The file systems that answered.
  var disks: [DiskUsage] = []
  /// The mounts that did not.
  var stalledMounts: [StalledMount] = []
  /// Whether something that was installed wants the machine rebooted.
  var isRebootRequired = false
  /// The packages that want it.
  var rebootPackages: [String] = []
  /// How many processes the kernel has killed for want of memory since boot; nil where it does not count them.
  var oomKills: UInt64?
  /// The last so many of them, as the kernel's log has them, the oldest first; asked only when there are new ones.
  var oomVictims: @Sendable (_ count: Int) -> [OOMVictim] = { _ in [] }
}
