import Glibc

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

  /// Measures the calling process.
  ///
  /// - Throws: ``MetricsError`` if `/proc/self/statm` can't be read.
  public static func current(files: HostFiles = HostFiles()) throws(MetricsError) -> SelfUsage {
    let statm = KernelFile(files.proc + "/self/statm")
    let buffer = ReadBuffer(capacity: 256)
    var content = try statm.read(into: buffer)
    guard content.number() != nil, let pages = content.number() else {
      throw MetricsError(file: statm.path, reason: .malformed(missing: "number of resident pages"))
    }
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return SelfUsage(
      residentBytes: product(pages, UInt64(clamping: sysconf(Int32(_SC_PAGESIZE)))),
      cpuNanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
  }
}
