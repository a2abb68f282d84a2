import Glibc

/// A child process that ends with the benchmark.
package final class ChildProcess {
  private let pid: pid_t
  private var hasEnded = false

  package init(
    _ path: String, _ arguments: [String], standardOutput: String? = nil, standardError: String? = nil
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let standardOutput {
      posix_spawn_file_actions_addopen(&actions, 1, standardOutput, O_WRONLY | O_CREAT, 0o600)
    }
    if let standardError {
      posix_spawn_file_actions_addopen(&actions, 2, standardError, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    }
    var argv = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for argument in argv { free(argument) } }
    var pid: pid_t = 0
    guard posix_spawn(&pid, path, &actions, nil, &argv, environ) == 0 else {
      throw BenchmarkFailure("\(path) can't be started")
    }
    self.pid = pid
  }

  deinit {
    end()
  }

  /// Kills the process and waits for its end.
  package func end() {
    guard !hasEnded else { return }
    hasEnded = true
    kill(pid, SIGKILL)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
  }

  /// Waits until the process exits.
  ///
  /// - Returns: The exit status, or 128 plus the number of the signal that ended the process.
  package func wait() -> Int32 {
    guard !hasEnded else { return 0 }
    hasEnded = true
    var status: Int32 = 0
    while waitpid(pid, &status, 0) == -1, errno == EINTR {}
    return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
  }

  /// The resident memory in bytes: `VmRSS` of proc_pid_status(5).
  package var residentBytes: Int { ProcessMemory.residentBytes("/proc/\(pid)/status") }

  /// The processor time in seconds: clock_getcpuclockid(3).
  package var processorSeconds: Double {
    var clock = clockid_t()
    var time = timespec()
    guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
