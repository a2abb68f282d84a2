/// Identifies a process within this boot: a PID is reused, a PID with its start time is not.
public struct ProcessIdentity: Sendable, Hashable {
  /// The process id.
  public let pid: Int32
  /// The start time in clock ticks since boot (field 22 of proc_pid_stat(5)).
  public let startTicks: UInt64

  /// Creates an identity.
  public init(pid: Int32, startTicks: UInt64) {
    self.pid = pid
    self.startTicks = startTicks
  }

  /// Identifies the running process with this PID; nil when there is none.
  public init?(of pid: Int32) {
    guard let record = ProcessRecord.read(pid) else { return nil }
    self.init(pid: pid, startTicks: record.startTicks)
  }
}
