/// Runs programs as children of this process.
///
/// All runs share two threads, whatever their number; nothing wakes up while no program runs.
public struct ProcessRunner: ProgramRunner {
  /// Creates a runner. Costs nothing.
  public init() {}

  /// Runs a program to its end.
  ///
  /// The answer comes when the program itself has ended and its output is closed. A process that it
  /// leaves in the background with the output open is waited for 250 ms more and then left alone.
  ///
  /// When the surrounding task is cancelled, the program and all it started are ended: SIGTERM, and
  /// after `terminationGrace` SIGKILL. That covers its session, its process group and all
  /// descendants, also those in sessions of their own, and with `ChildSubreaper.enable()` also those
  /// whose parents have ended. The answer then is an outcome with the ending `.terminated` and the
  /// output until then, no error; a program that had ended before keeps its own ending.
  ///
  /// Await the answer also when shutting down: a tree is stopped (SIGSTOP) for some milliseconds before
  /// it gets its SIGTERM, and would stay stopped if this process ended just then.
  ///
  /// - Throws: `ProcessError` when the program could not be started.
  public func run(_ request: ProcessRequest) async throws(ProcessError) -> ProcessOutcome {
    try request.validate()
    let job = ProcessJob(request)
    let answer = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        job.wait(continuation)
        ProcessEngine.shared.submit(job)
      }
    } onCancel: {
      ProcessEngine.shared.cancel(job)
    }
    return try answer.get()
  }

  /// See `ProgramRunner`. Nothing tells a child's purpose.
  public func endLeftovers(of purpose: String) async {}
}

extension ProcessRequest {
  func validate() throws(ProcessError) {
    guard executable.utf8.first == UInt8(ascii: "/") else {
      throw .invalid(executable, "the path of a program must be absolute; write it out in full")
    }
    guard workingDirectory.utf8.first == UInt8(ascii: "/") else {
      throw .invalid(executable, "the working directory must be an absolute path; write it out in full")
    }
    let strings =
      [executable, workingDirectory, user ?? ""] + arguments + environment.flatMap { [$0.name, $0.value] }
    guard !strings.contains(where: { $0.utf8.contains(0) }) else {
      throw .invalid(
        executable,
        "a NUL byte ends a string for the kernel; remove it from path, user, arguments or environment")
    }
    guard environment.allSatisfy({ !$0.name.isEmpty && !$0.name.utf8.contains(UInt8(ascii: "=")) }) else {
      throw .invalid(executable, "a variable's name must not be empty or contain =; correct the environment")
    }
  }
}
