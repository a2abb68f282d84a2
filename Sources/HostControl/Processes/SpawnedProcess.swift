import CLinuxProcess
import Glibc

/// A program that was just started, and this side of its output pipes.
struct SpawnedProcess: Sendable {
  let pid: pid_t
  let pidfd: Int32
  let stdout: Int32
  let stderr: Int32
  /// CLOCK_MONOTONIC in nanoseconds, taken before the start.
  let startedAt: UInt64

  /// The least `oom_score_adj` (proc_pid_oom_score_adj(5), -1000 to 1000) of a program. It would
  /// inherit the agent's, and with it the agent's protection; so it goes before the agent and
  /// ordinary services (0), short of "always the first" (1000).
  private static let oomScoreAdjustment: Int32 = 500

  /// Starts the program. Takes as long as the kernel needs to open the program file.
  static func start(_ request: ProcessRequest) throws(ProcessError) -> SpawnedProcess {
    let startedAt = MonotonicClock.now()
    let path = request.executable
    var stdout: (read: Int32, write: Int32) = (-1, -1)
    var stderr: (read: Int32, write: Int32) = (-1, -1)
    var problem = clp_pipe(&stdout.read, &stdout.write)
    guard problem == 0 else { throw .spawn(path, errno: -problem) }
    defer { close(stdout.write) }
    problem = clp_pipe(&stderr.read, &stderr.write)
    guard problem == 0 else {
      close(stdout.read)
      throw .spawn(path, errno: -problem)
    }
    defer { close(stderr.write) }

    var pid: pid_t = 0
    var failedStep = clp_step_process
    problem = withCStrings([path] + request.arguments) { arguments in
      withCStrings(request.environment.map { "\($0.name)=\($0.value)" }) { environment in
        clp_spawn(
          &pid, &failedStep, path, arguments, environment, request.workingDirectory, stdout.write,
          stderr.write, oomScoreAdjustment)
      }
    }
    guard problem == 0 else {
      close(stdout.read)
      close(stderr.read)
      guard failedStep == clp_step_directory else { throw .spawn(path, errno: -problem) }
      throw .workingDirectory(request.workingDirectory, errno: -problem)
    }
    let pidfd = clp_pidfd_open(pid)
    guard pidfd >= 0 else {
      // Nobody could be told when it ends: out of descriptors, or a kernel before 5.3.
      close(stdout.read)
      close(stderr.read)
      kill(-pid, SIGKILL)
      waitpid(pid, nil, 0)
      throw .spawn(path, errno: -pidfd)
    }
    return SpawnedProcess(
      pid: pid, pidfd: pidfd, stdout: stdout.read, stderr: stderr.read, startedAt: startedAt)
  }

  private static func withCStrings<R>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
  ) -> R {
    let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
      capacity: strings.count + 1)
    for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
    pointers[strings.count] = nil
    defer {
      for index in strings.indices { free(pointers[index]) }
      pointers.deallocate()
    }
    return body(pointers)
  }
}
