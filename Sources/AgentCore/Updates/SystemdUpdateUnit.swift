import Glibc
import HostControl

/// The transient service `plusclouds-update.service`, which exists only while an update runs. Its fixed name prevents concurrent
/// updates.
struct SystemdUpdateUnit: UpdateUnit {
  /// The subcommand of the agent's program that runs the worker. It is not part of the documented command line.
  static let workerSubcommand = "perform-update"

  let name = "plusclouds-update.service"
  private let systemd: Systemd
  private let executable: String

  /// Creates the service.
  ///
  /// - Parameter executable: The agent's executable, which contains the worker.
  init(systemd: Systemd, executable: String) {
    self.systemd = systemd
    self.executable = executable
  }

  func start(in folder: String) async throws(UpdateUnitError) {
    try await Self.translating { () async throws(SystemdError) in
      try await systemd.start(
        TransientService(
          name: name, description: "Package upgrade requested through PlusClouds",
          executable: executable, arguments: [Self.workerSubcommand, folder], output: .journal,
          // No limit: dpkg must finish what it has begun.
          stopGrace: .seconds(Int64.max),
          oomScoreAdjustment: -500,
          // A stop signals only the worker, which knows when apt may be stopped.
          killMode: .process))
    }
  }

  func isRunning() async throws(UpdateUnitError) -> Bool {
    try await Self.translating { () async throws(SystemdError) in
      try await systemd.loadedUnits(matching: name).contains {
        $0.activeState != "inactive" && $0.activeState != "failed"
      }
    }
  }

  func waitForEnd() async throws(UpdateUnitError) {
    try await Self.translating { () async throws(SystemdError) in
      do throws(SystemdError) {
        _ = try await systemd.ending(of: name)
      } catch {
        guard error.code == .unitNotFound else { throw error }
      }
    }
  }

  func requestStop() async throws(UpdateUnitError) {
    try await Self.translating { () async throws(SystemdError) in
      do throws(SystemdError) {
        try await systemd.kill(name, signal: SIGTERM, onlyMain: true)
      } catch {
        guard error.code == .unitNotFound else { throw error }
      }
    }
  }

  private static func translating<Result>(
    _ body: () async throws(SystemdError) -> Result
  ) async throws(UpdateUnitError) -> Result {
    do throws(SystemdError) {
      return try await body()
    } catch {
      throw UpdateUnitError(
        description: error.description, isOutcomeUnknown: ![.refused, .unavailable].contains(error.code))
    }
  }
}
