import AgentProtocol
import HostMetrics

/// A condition of the machine that is reported when it begins and when it ends. It remembers what it has reported. No I/O.
protocol AlertCondition: Sendable {
  /// Returns the alerts that follow from an observation. They count as reported.
  mutating func update(_ observation: HostObservation, _ settings: AlertSettings) -> [AlertPayload]
}

/// The state of the machine at one instant, as far as alerts depend on it.
struct HostObservation: Sendable {
  /// The time of the observation.
  var time = ContinuousClock.now
  /// The file systems that responded.
  var disks: [DiskUsage] = []
  /// The mounts that did not respond.
  var stalledMounts: [StalledMount] = []
  /// Whether installed updates require a reboot.
  var isRebootRequired = false
  /// The packages that require the reboot.
  var rebootPackages: [String] = []
  /// The number of OOM kills since boot; nil where the kernel does not count them.
  var oomKills: UInt64?
  /// Reads the last OOM victims from the kernel log, oldest first. Called only after new kills.
  var oomVictims: @Sendable (_ count: Int) -> [OOMVictim] = { _ in [] }
}
