import CLinux
import Glibc
import HostMetrics

/// Probes mounts for one thread: in the thread itself, or in a child process if the call may never return.
final class MountProbe {
  private var process: ProbeProcess?

  /// Probes a mount. Blocks until the mount responds.
  func run(_ target: ProbeTarget) -> ProbeResult {
    target.mayBlockForever ? probeInChild(target) : probeDirectly(target)
  }

  private func probeDirectly(_ target: ProbeTarget) -> ProbeResult {
    var status = linux_mount_status()
    target.path.withUnsafeBufferPointer {
      linux_probe_mount($0.baseAddress, target.device != nil, &status)
    }
    return ProbeResult(status, of: target)
  }

  private func probeInChild(_ target: ProbeTarget) -> ProbeResult {
    if process == nil { process = ProbeProcess() }
    guard let result = process?.probe(target) else {
      // The process was killed or could not be started. The next probe starts another one.
      process = nil
      return .notProbed
    }
    return result
  }
}

extension ProbeResult {
  init(_ status: linux_mount_status, of target: ProbeTarget) {
    let isReached = status.is_valid && (target.device.map { $0 == DeviceNumber(status.device) } ?? true)
    self = isReached ? .responded(FilesystemStatistics(status.statistics)) : .unreachable
  }
}

extension FilesystemStatistics {
  init(_ status: statvfs) {
    self.init(
      fragmentSize: UInt64(clamping: status.f_frsize), blockSize: UInt64(clamping: status.f_bsize),
      blocks: UInt64(status.f_blocks), freeBlocks: UInt64(status.f_bfree),
      availableBlocks: UInt64(status.f_bavail), inodes: UInt64(status.f_files),
      freeInodes: UInt64(status.f_ffree))
  }
}
