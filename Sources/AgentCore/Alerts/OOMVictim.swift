/// A process that the kernel killed for want of memory.
struct OOMVictim: Sendable, Equatable {
  /// Its number, as the kernel's log has it.
  let pid: Int
  /// Its name (`comm`), at most 15 bytes.
  let name: String

  init(pid: Int, name: String) {
    self.pid = pid
    self.name = name
  }

  /// Reads a line of the kernel's log:
  /// `Out of memory: Killed process 4711 (mysqld) total-vm:…`, also with `Memory cgroup` before it (mm/oom_kill.c).
  ///
  /// - Returns: nil for a line that says something else.
  init?(line: Substring) {
    guard let marker = line.firstRange(of: "Killed process ") else { return nil }
    let rest = line[marker.upperBound...]
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard let pid = Int(digits), rest[digits.endIndex...].hasPrefix(" (") else { return nil }
    let tail = rest[digits.endIndex...].dropFirst(2)
    // A name may hold brackets itself; what follows it does not.
    guard let end = tail.firstRange(of: ") total-vm:")?.lowerBound ?? tail.lastIndex(of: ")") else {
      return nil
    }
    self.init(pid: pid, name: String(tail[..<end].prefix(64)))
  }
}
