/// Reads `/proc/uptime` (proc_uptime(5)).
struct UptimeReader {
  private let uptime: KernelFile

  init(_ files: HostFiles) {
    uptime = KernelFile(files.proc + "/uptime")
  }

  /// Whole seconds since boot.
  func seconds(_ buffer: ReadBuffer) throws(MetricsError) -> UInt64 {
    var content = try uptime.read(into: buffer)
    guard let seconds = content.number() else {
      throw MetricsError(file: uptime.path, reason: .malformed(missing: "seconds since boot"))
    }
    return seconds
  }
}
