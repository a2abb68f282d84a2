/// One process of this boot and no other: a pid is used again, a pid with its start time is not.
public struct ProcessIdentity: Sendable, Hashable {
  /// The process id.
  public let pid: Int32
  /// When it started, in clock ticks since boot (field 22 of proc_pid_stat(5)).
  public let startTicks: UInt64

  /// An identity.
  public init(pid: Int32, startTicks: UInt64) {
    self.pid = pid
    self.startTicks = startTicks
  }

  /// The process that has this id now; nil when none has.
  public init?(of pid: Int32) {
    guard let record = ProcessRecord.read(pid) else { return nil }
    self.init(pid: pid, startTicks: record.startTicks)
  }
}
