/// Runs programs and captures their output.
public protocol ProgramRunner: Sendable {
  /// Runs a program until it has ended.
  ///
  /// Returns when the program itself has ended and its output is closed. When a process that it has left in the background keeps
  /// the output open, that is read for 250 ms more. Cancelling the task terminates the program and its descendants: SIGTERM, and
  /// after `terminationGrace` SIGKILL. The outcome then has the ending `.terminated` and the output until then.
  ///
  /// - Throws: `ProcessError` when the program could not be started.
  func run(_ request: ProcessRequest) async throws(ProcessError) -> ProcessOutcome

  /// Terminates the runs for a purpose that an earlier process of this program has left running, where the runner can find them
  /// by their purpose. `LeftoverProcess` terminates those recorded by `onStart`.
  func endLeftovers(of purpose: String) async
}

/// Runs programs as children of this process.
///
/// All runs share two threads, which sleep while no program is running.
public struct ProcessRunner: ProgramRunner {
  /// Creates a runner without side effects.
  public init() {}

  /// Runs a program until it has ended.
  ///
  /// Returns when the program itself has ended and its output is closed. When a process that it has left in the background keeps
  /// the output open, that is read for 250 ms more.
  ///
  /// Cancelling the task terminates the program and its descendants: SIGTERM, and after `terminationGrace` SIGKILL. That covers
  /// its session, its process group and all descendants, including those in sessions of their own, and with
  /// `ChildSubreaper.enable()` those whose parents have ended. The outcome then has the ending `.terminated` and the output until
  /// then. A program that ended before keeps its own ending.
  ///
  /// Await the return also when shutting down: a tree is stopped (SIGSTOP) for some milliseconds before SIGTERM, and would stay
  /// stopped if this process ended meanwhile.
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

  /// Does nothing: the purpose of a child process cannot be determined.
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
