import CLinux
import Glibc

/// A process that asks mounts in the place of a thread.
///
/// Nothing ends the wait for a program behind FUSE that has read a question and does not answer, not even SIGKILL
/// (`request_wait_answer` in the kernel's fs/fuse/dev.c). A thread that waits so holds its whole process: it cannot be
/// reaped, and its files and their locks stay as they are. This one has nothing open but its socket, and may hang alone.
struct ProbeProcess: ~Copyable {
  /// How many there may be on this machine, those included that earlier agents had to leave behind: each keeps some memory and
  /// a place among the tasks of the agent's unit.
  static let maximumCount = 32

  private let socket: Int32
  private let pid: pid_t

  /// Starts one; nil where the system has none to give.
  init?() {
    guard Self.count() < Self.maximumCount else { return nil }
    var pid = pid_t()
    let socket = linux_prober_start(&pid)
    guard socket >= 0 else { return nil }
    self.socket = socket
    self.pid = pid
  }

  deinit {
    close(socket)
    kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
  }

  /// Has it ask. Blocks for as long as the mount does.
  ///
  /// - Returns: nil when the process has ended.
  func ask(_ target: ProbeTarget) -> ProbeResult? {
    var answer = linux_mount_answer()
    guard linux_prober_ask(socket, target.path, target.device != nil, &answer) else { return nil }
    return ProbeResult(answer, of: target)
  }

  /// How many there are.
  private static func count() -> Int {
    guard let folder = opendir("/proc") else { return 0 }
    defer { closedir(folder) }
    var count = 0
    while let entry = readdir(folder) {
      let isOne = withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: 256) { isdigit(Int32($0[0])) != 0 && isProber($0) }
      }
      if isOne { count += 1 }
    }
    return count
  }

  private static func isProber(_ process: UnsafePointer<CChar>) -> Bool {
    let file = open("/proc/\(String(cString: process))/comm", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    // Anybody may give a process that name.
    var status = stat()
    guard fstat(file, &status) == 0, status.st_uid == geteuid() else { return false }
    let name = "mount-prober\n"
    var bytes = [UInt8](repeating: 0, count: 16)
    return read(file, &bytes, bytes.count) == name.utf8.count && bytes.starts(with: name.utf8)
  }
}
