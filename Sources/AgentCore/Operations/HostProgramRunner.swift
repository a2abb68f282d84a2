import Glibc
import HostControl
import Logging

/// Runs programs as the machine sees them: through systemd where that is to be had, so that neither the sandbox nor the limits
/// of the agent's own unit hold for them; as children of the agent elsewhere. Which it is, is decided at each run.
struct HostProgramRunner: ProgramRunner {
  private let services: ServiceRunner
  private let children = ProcessRunner()
  private let logger: Logger

  /// A runner.
  ///
  /// - Parameter prefix: What the names of the units begin with.
  init(prefix: String, logger: Logger) {
    services = ServiceRunner(prefix: prefix)
    self.logger = logger
  }

  /// See `ProgramRunner`.
  func run(_ request: ProcessRequest) async throws(ProcessError) -> ProcessOutcome {
    guard let reason = Self.reasonAgainstServices else {
      do throws(ProcessError) {
        return try await services.run(request)
      } catch {
        guard error.reason == .serviceManagerUnavailable else { throw error }
        return try await runAsChild(request, because: "\(error)")
      }
    }
    return try await runAsChild(request, because: reason)
  }

  /// See `ProgramRunner`.
  func endLeftovers(of purpose: String) async {
    await services.endLeftovers(of: purpose)
  }

  private func runAsChild(
    _ request: ProcessRequest, because reason: String
  ) async throws(ProcessError) -> ProcessOutcome {
    logger.debug(
      "program runs as a child of the agent",
      metadata: ["path": "\(request.executable)", "reason": "\(reason)"])
    return try await children.run(request)
  }

  /// What is known without asking systemd; nil = it is to be tried.
  private static var reasonAgainstServices: String? {
    if geteuid() != 0 { return "the agent is not root" }
    // As sd_booted(3) does it.
    return access("/run/systemd/system", F_OK) == 0 ? nil : "this machine was not booted with systemd"
  }
}
