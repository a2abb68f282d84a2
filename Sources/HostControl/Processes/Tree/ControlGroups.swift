import Glibc

/// The control groups of a process: /proc/PID/cgroup (cgroups(7)).
enum ControlGroups {
  /// Whether a process is in the control group, or below it, of a unit whose name has this prefix.
  static func hasUnit(_ prefix: String, _ pid: pid_t) -> Bool {
    withLines(of: "\(pid)") { contains($0, prefix) } ?? false
  }

  /// The lines of this process; nil when they cannot be read.
  static func own() -> [UInt8]? {
    withLines(of: "self") { Array($0) }
  }

  /// Whether a process is in exactly the same control groups.
  static func match(_ lines: [UInt8], of pid: pid_t) -> Bool {
    withLines(of: "\(pid)") { $0.elementsEqual(lines) } ?? false
  }

  private static func withLines<Answer>(of pid: String, _ body: (UnsafeRawBufferPointer) -> Answer) -> Answer?
  {
    let descriptor = open("/proc/\(pid)/cgroup", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 1) { buffer in
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      return count > 0 ? body(UnsafeRawBufferPointer(rebasing: buffer[..<count])) : nil
    }
  }

  /// Whether a running process is in the control group of a unit whose name has this prefix.
  static func haveProcess(ofUnit prefix: String) -> Bool {
    ProcessRecord.readAll().contains { !$0.hasEnded && hasUnit(prefix, $0.pid) }
  }

  /// The service that this process belongs to; nil outside of a service, as on a terminal.
  static func ownService() -> String? { own().flatMap { service(in: $0) } }

  /// The service in `lines`, such as `0::/system.slice/cron.service`.
  static func service(in lines: [UInt8]) -> String? {
    let suffix = ".service".utf8
    for line in lines.split(separator: UInt8(ascii: "\n")) {
      for folder in line.split(separator: UInt8(ascii: "/")).dropFirst() where folder.count > suffix.count {
        if folder.suffix(suffix.count).elementsEqual(suffix) {
          return String(decoding: folder, as: UTF8.self)
        }
      }
    }
    return nil
  }

  /// Whether a path in the lines, such as `0::/system.slice/cron.service`, has a component with this prefix.
  static func contains(_ lines: UnsafeRawBufferPointer, _ prefix: String) -> Bool {
    guard !prefix.isEmpty else { return false }
    return lines.split { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\n") }
      .contains { $0.starts(with: prefix.utf8) }
  }
}
