import CLinux
import Glibc
import HostMetrics

/// A child process that probes mounts on behalf of a thread.
///
/// A FUSE server that has read a request and does not reply blocks the caller forever; even SIGKILL does not end the call
/// (`request_wait_answer` in the kernel's fs/fuse/dev.c). A thread blocked this way keeps its whole process: the process can't
/// be reaped, and its files stay open and locked. This child has no open file but its socket, so it can block alone.
struct ProbeProcess: ~Copyable {
  /// Maximum number of probe processes on the machine, including those left behind by earlier agents. Each of them uses some
  /// memory and counts as a task of the agent's unit.
  static let maximumCount = 32

  private let socket: Int32
  private let pid: pid_t

  /// Starts a process; nil if the system can't create one.
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

  /// Probes a mount. Blocks until the mount responds.
  ///
  /// - Returns: nil if the process has ended.
  func probe(_ target: ProbeTarget) -> ProbeResult? {
    var status = linux_mount_status()
    let isRunning = target.path.withUnsafeBufferPointer {
      linux_prober_request(socket, $0.baseAddress, target.device != nil, &status)
    }
    guard isRunning else { return nil }
    return ProbeResult(status, of: target)
  }

  /// The number of probe processes on the machine.
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
    // Processes of other users may have the same name.
    var status = stat()
    guard fstat(file, &status) == 0, status.st_uid == geteuid() else { return false }
    let name = "mount-prober\n"
    var bytes = [UInt8](repeating: 0, count: 16)
    return read(file, &bytes, bytes.count) == name.utf8.count && bytes.starts(with: name.utf8)
  }
}
