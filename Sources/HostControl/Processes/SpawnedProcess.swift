import CLinuxProcess
import Glibc

/// A program that was just started, and the read ends of its output pipes.
struct SpawnedProcess: Sendable {
  let pid: pid_t
  let pidfd: Int32
  /// The start time in clock ticks since boot; 0 when unknown.
  let startTicks: UInt64
  let output: ProgramOutput

  /// Below the minimum of -1000: the program inherits the value.
  private static let inherited: Int32 = -1001

  /// Starts the program. Blocks while the kernel opens the program file and while the user is looked up.
  static func start(_ request: ProcessRequest) throws(ProcessError) -> SpawnedProcess {
    let path = request.executable
    let account = try request.account()
    let variables = account?.environment(replacing: request.environment) ?? request.environment
    let pipes = try OutputPipes(toRun: path)
    defer { pipes.closeWriteEnds() }

    var pid: pid_t = 0
    var failedStep = clp_step_process
    let result = withCStrings([path] + request.arguments) { arguments in
      withCStrings(variables.map { "\($0.name)=\($0.value)" }) { environment in
        withUser(account) { user in
          clp_spawn(
            &pid, &failedStep, path, arguments, environment, request.workingDirectory, user,
            pipes.stdoutWriteEnd, pipes.stderrWriteEnd, request.oomScoreAdjustment ?? inherited)
        }
      }
    }
    guard result == 0 else {
      pipes.closeReadEnds()
      switch failedStep {
      case clp_step_directory: throw .workingDirectory(request.workingDirectory, errno: -result)
      case clp_step_user: throw .userChange(request.user ?? "", path, errno: -result)
      default: throw .spawn(path, errno: -result)
      }
    }
    let pidfd = clp_pidfd_open(pid)
    guard pidfd >= 0 else {
      // Without a pidfd its end cannot be detected: descriptors are exhausted, or the kernel is older than 5.3.
      pipes.closeReadEnds()
      kill(-pid, SIGKILL)
      waitpid(pid, nil, 0)
      throw .spawn(path, errno: -pidfd)
    }
    return SpawnedProcess(
      pid: pid, pidfd: pidfd, startTicks: ProcessRecord.read(pid)?.startTicks ?? 0,
      output: pipes.readEnds)
  }

  private static func withUser<R>(_ account: UserAccount?, _ body: (UnsafePointer<clp_user>?) -> R) -> R {
    guard let account else { return body(nil) }
    return account.groups.withUnsafeBufferPointer { groups in
      var user = clp_user(
        user: account.userID, group: account.groupID, groups: groups.baseAddress, groupCount: groups.count)
      return body(&user)
    }
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
