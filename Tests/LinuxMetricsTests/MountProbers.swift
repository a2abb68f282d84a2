import FoundationEssentials
import Glibc
import HostMetrics

@testable import LinuxMetrics

/// The probe processes among the children of this process, found in /proc.
enum MountProbers {
  /// All of them, including those of concurrent tests.
  static func all() -> Set<pid_t> {
    Set(entries("/proc").compactMap { pid_t($0) }.filter(isProber))
  }

  /// The open descriptors of a process, separated by blanks; nil if it has ended.
  static func descriptors(of process: pid_t) -> String? {
    let entries = entries("/proc/\(process)/fd")
    return entries.isEmpty ? nil : entries.joined(separator: " ")
  }

  /// Whether a process is in uninterruptible sleep (state D).
  static func isHeld(_ process: pid_t) -> Bool {
    stat(of: process)?.split(separator: ") ").last?.first == "D"
  }

  private static func isProber(_ process: pid_t) -> Bool {
    // A process that has ended has no file.
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
  /// A prober with the same probe function for all threads.
  convenience init(deadline: Duration, probe: @escaping @Sendable (ProbeTarget) -> ProbeResult) {
    self.init(deadline: deadline, makeProbe: { probe })
  }
}
