/// Memory and processor time used by this process.
public struct SelfUsage: Sendable, Equatable {
  /// Resident memory, shared pages included (proc_pid_statm(5)).
  public var residentBytes: UInt64
  /// Processor time of all threads since the process started, in nanoseconds.
  public var cpuNanoseconds: UInt64

  /// Creates a usage.
  public init(residentBytes: UInt64, cpuNanoseconds: UInt64) {
    self.residentBytes = residentBytes
    self.cpuNanoseconds = cpuNanoseconds
  }
}

extension SelfUsage {
  /// Parses the number of resident pages in `/proc/self/statm`; `nil` if it is missing.
  package static func residentPages(_ content: ByteScanner) -> UInt64? {
    var content = content
    return content.number() == nil ? nil : content.number()
  }
}
