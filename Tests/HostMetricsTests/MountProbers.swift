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

  private static func isProber(_ process: pid_t) -> Bool {
    // Whoever has ended meanwhile has no file any more.
    guard let bytes = FileManager.default.contents(atPath: "/proc/\(process)/stat") else { return false }
    let text = String(decoding: bytes, as: UTF8.self)
    let parent = text.split(separator: ") ").last?.split(separator: " ").dropFirst().first
    return text.contains("(mount-prober)") && parent.flatMap { pid_t($0) } == getpid()
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
