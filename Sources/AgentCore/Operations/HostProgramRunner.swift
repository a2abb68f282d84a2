import Glibc
import HostControl
import Logging

/// Runs programs in transient units of systemd, outside the sandbox and the limits of the agent's unit; as children of the agent
/// where systemd is not available. Decided for each run.
struct HostProgramRunner: ProgramRunner {
  private let services: ServiceRunner
  private let children = ProcessRunner()
  private let logger: Logger

  /// - Parameter prefix: The prefix of unit names.
  init(prefix: String, logger: Logger) {
    services = ServiceRunner(prefix: prefix)
    self.logger = logger
  }

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

  /// Why units cannot be used, without asking systemd; nil = try.
  private static var reasonAgainstServices: String? {
    if geteuid() != 0 { return "the agent is not root" }
    // The test of sd_booted(3).
    return access("/run/systemd/system", F_OK) == 0 ? nil : "this machine was not booted with systemd"
  }
}
