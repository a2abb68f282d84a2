import Encoding

/// Runs programs as transient services of systemd, each in a control group of its own, outside the sandbox and the limits of this
/// process's unit.
///
/// Unlike `ProcessRunner` it does not call `onStart`, as the control group identifies the run.
public struct ServiceRunner: ProgramRunner {
  private let prefix: String

  /// Creates a runner without side effects.
  ///
  /// - Parameter prefix: The prefix of the unit names, such as `plusclouds-exec`.
  public init(prefix: String) {
    self.prefix = prefix
  }

  /// Runs a program until it has ended.
  ///
  /// - Throws: `ProcessError`. After `serviceManagerUnavailable` nothing was done, and another runner may run the program.
  public func run(_ request: ProcessRequest) async throws(ProcessError) -> ProcessOutcome {
    try request.validate()
    let suffix = String(UInt64.random(in: 0 ... .max), radix: 16)
    let run = ServiceRun(request, unit: "\(unitPrefix(for: request.purpose))\(suffix).service")
    let answer = await withTaskCancellationHandler {
      // An unstructured task, as a cancelled one could not call systemd, and a started program must be terminated.
      await Task { await run.run() }.value
    } onCancel: {
      run.stop()
    }
    return try answer.get()
  }

  /// Terminates the runs for a purpose that an earlier process of this program has left running: SIGTERM, and after 300 ms
  /// SIGKILL. Does not use the bus.
  public func endLeftovers(of purpose: String) async {
    await LeftoverProcess.end(.units(prefix: unitPrefix(for: purpose)), grace: .milliseconds(300))
  }

  /// Hashes the purpose, which may contain any characters and exceed the length of a unit name.
  private func unitPrefix(for purpose: String) -> String {
    "\(prefix)-\(Hexadecimal.text(FNV1a.digest(purpose.utf8)))-"
  }
}
