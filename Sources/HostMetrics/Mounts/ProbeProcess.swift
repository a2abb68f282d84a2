import CLinux
import Glibc

/// A process that asks mounts in the place of a thread.
///
/// Nothing ends the wait for a program behind FUSE that has read a question and does not answer, not even SIGKILL
/// (`request_wait_answer` in the kernel's fs/fuse/dev.c). A thread that waits so holds its whole process: it cannot be
/// reaped, and its files and their locks stay as they are. This one has nothing open but its socket, and may hang alone.
struct ProbeProcess: ~Copyable {
  private let socket: Int32
  private let pid: pid_t

  /// Starts one; nil where the system has none to give.
  init?() {
    var pid = pid_t()
    socket = linux_prober_start(&pid)
    guard socket >= 0 else { return nil }
    self.pid = pid
  }

  deinit {
    close(socket)
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
}
