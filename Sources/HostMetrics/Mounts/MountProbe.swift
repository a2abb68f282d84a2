import CLinux

/// Probes mounts for one thread: in the thread itself, or in a child process if the call may never return.
final class MountProbe {
  private var process: ProbeProcess?

  /// Probes a mount. Blocks until the mount responds.
  func run(_ target: ProbeTarget) -> ProbeResult {
    target.mayBlockForever ? probeInChild(target) : probeDirectly(target)
  }

  private func probeDirectly(_ target: ProbeTarget) -> ProbeResult {
    var status = linux_mount_status()
    linux_probe_mount(target.path, target.device != nil, &status)
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
