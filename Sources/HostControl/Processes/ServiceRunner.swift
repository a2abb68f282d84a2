/// Runs programs as transient services of systemd: in a control group of their own, outside of the sandbox and of the limits of
/// this process's unit.
///
/// What differs from `ProcessRunner`: `onStart` is not called, as the control group takes the place of the process.
public struct ServiceRunner: ProgramRunner {
  private let prefix: String

  /// Creates a runner. Costs nothing.
  ///
  /// - Parameter prefix: What the names of the units begin with, such as `plusclouds-exec`.
  public init(prefix: String) {
    self.prefix = prefix
  }

  /// Runs a program to its end. See `ProgramRunner`.
  ///
  /// - Throws: `ProcessError`; with `serviceManagerUnavailable` nothing was done, and the program may be run in another way.
  public func run(_ request: ProcessRequest) async throws(ProcessError) -> ProcessOutcome {
    try request.validate()
    let suffix = String(UInt64.random(in: 0 ... .max), radix: 16)
    let run = ServiceRun(request, unit: "\(unitPrefix(for: request.purpose))\(suffix).service")
    let answer = await withTaskCancellationHandler {
      // A cancelled task could not talk to systemd any more, and what is started must be ended.
      await Task { await run.run() }.value
    } onCancel: {
      run.stop()
    }
    return try answer.get()
  }

  /// Ends what is left of the runs for a purpose that an earlier process of this program could not end: SIGTERM, and after
  /// 300 ms SIGKILL. Needs no bus.
  public func endLeftovers(of purpose: String) async {
    await LeftoverProcess.end(.units(prefix: unitPrefix(for: purpose)), grace: .milliseconds(300))
  }

  /// A purpose may hold anything, and be longer than a name.
  private func unitPrefix(for purpose: String) -> String {
    let digits = String(Self.hash(purpose), radix: 16)
    return "\(prefix)-\(String(repeating: "0", count: 16 - digits.count))\(digits)-"
  }

  /// FNV-1a, 64 bits: the same in every run of the program.
  static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }
}
