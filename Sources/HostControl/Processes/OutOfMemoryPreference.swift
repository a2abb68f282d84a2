import Glibc

/// Makes a started program a likelier victim of the kernel's out-of-memory killer than the agent.
///
/// `oom_score_adj` (proc(5), -1000 to 1000) is inherited, so a protected agent would protect its
/// children too. Raising it needs no privilege. Where the file cannot be written (a sandbox without
/// a writable /proc) the program keeps the agent's value.
enum OutOfMemoryPreference {
  /// High enough to go before ordinary services (0), short of "always the first" (1000).
  static let adjustment: StaticString = "500"

  static func preferVictim(_ pid: pid_t) {
    let descriptor = open("/proc/\(pid)/oom_score_adj", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    _ = write(descriptor, adjustment.utf8Start, adjustment.utf8CodeUnitCount)
  }
}
