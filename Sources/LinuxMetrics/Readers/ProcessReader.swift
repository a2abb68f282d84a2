import CLinux
import Clocks
import Glibc
public import HostMetrics

/// The memory of this process.
public enum ProcessMemory {
  /// Returns the free pages of the allocator to the system. Takes a few milliseconds.
  public static func releaseFreePages() {
    linux_release_free_pages()
  }
}

extension SelfUsage {
  /// Measures the calling process.
  ///
  /// - Throws: ``MetricsError`` if `/proc/self/statm` can't be read.
  public static func current(files: HostFiles = HostFiles()) throws(MetricsError) -> SelfUsage {
    let statm = KernelFile(files.proc + "/self/statm")
    let buffer = ReadBuffer(capacity: 256)
    // The scanner does not retain the buffer.
    defer { withExtendedLifetime(buffer) {} }
    guard let pages = residentPages(try statm.read(into: buffer)) else {
      throw MetricsError(file: statm.path, reason: .malformed(missing: "number of resident pages"))
    }
    return SelfUsage(
      residentBytes: product(pages, UInt64(clamping: sysconf(Int32(_SC_PAGESIZE)))),
      cpuNanoseconds: ProcessorClock.nanoseconds)
  }
}
