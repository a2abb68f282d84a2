import FoundationEssentials
import Glibc

@testable import HostMetrics

/// The children of this process that ask mounts, as /proc shows them.
enum MountProbers {
  /// All of them, also those of tests that run beside.
  static func all() -> Set<pid_t> {
    Set(entries("/proc").compactMap { pid_t($0) }.filter(isProber))
  }

  /// What one has open, separated by blanks; nil when it has ended.
  static func descriptors(of process: pid_t) -> String? {
    let entries = entries("/proc/\(process)/fd")
    return entries.isEmpty ? nil : entries.joined(separator: " ")
  }

  /// Whether one waits although it was killed: D in its stat, which nothing ends.
  static func isHeld(_ process: pid_t) -> Bool {
    stat(of: process)?.split(separator: ") ").last?.first == "D"
  }

  private static func isProber(_ process: pid_t) -> Bool {
    // Whoever has ended meanwhile has no file any more.
    guard let text = stat(of: process) else { return false }
    let parent = text.split(separator: ") ").last?.split(separator: " ").dropFirst().first
    return text.contains("(mount-prober)") && parent.flatMap { pid_t($0) } == getpid()
  }

  private static func stat(of process: pid_t) -> String? {
    FileManager.default.contents(atPath: "/proc/\(process)/stat").map { String(decoding: $0, as: UTF8.self) }
  }

  private static func entries(_ folder: String) -> [String] {
    do { return try FileManager.default.contentsOfDirectory(atPath: folder) } catch { return [] }
  }
}

extension MountProber {
  /// A prober that does not ask the kernel.
  convenience init(deadline: Duration, ask: @escaping @Sendable (ProbeTarget) -> ProbeResult) {
    self.init(deadline: deadline, makeAsk: { ask })
  }
}
