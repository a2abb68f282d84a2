import Glibc
import HostControl

/// The service of an update, by systemd: `plusclouds-update.service`, which is there only while an update runs. The one name
/// is what keeps two updates from running at a time.
struct SystemdUpdateUnit: UpdateUnit {
  /// The subcommand of the agent's program that runs the worker. It is not part of the documented command line.
  static let workerSubcommand = "perform-update"

  /// See ``UpdateUnit``.
  let name = "plusclouds-update.service"
  private let systemd: Systemd
  private let executable: String

  /// The service.
  ///
  /// - Parameter executable: This agent's own program file, which is the worker too.
  init(systemd: Systemd, executable: String) {
    self.systemd = systemd
    self.executable = executable
  }

  /// See ``UpdateUnit``.
  func start(in folder: String) async throws(UpdateUnitError) {
    try await Self.translating { () async throws(SystemdError) in
      try await systemd.start(
        TransientService(
          name: name, description: "Package upgrade asked for through PlusClouds",
          executable: executable, arguments: [Self.workerSubcommand, folder], output: .journal,
          // As long as it takes: what dpkg has begun has to be finished.
          stopGrace: .seconds(Int64.max),
          oomScoreAdjustment: -500,
          // A stop concerns the worker alone, which knows when apt may be ended.
          killMode: .process))
    }
  }

  /// See ``UpdateUnit``.
  func isRunning() async throws(UpdateUnitError) -> Bool {
    try await Self.translating { () async throws(SystemdError) in
      try await systemd.loadedUnits(matching: name).contains {
        $0.activeState != "inactive" && $0.activeState != "failed"
      }
    }
  }

  /// See ``UpdateUnit``.
  func waitForEnd() async throws(UpdateUnitError) {
    try await Self.translating { () async throws(SystemdError) in
      do throws(SystemdError) {
        _ = try await systemd.ending(of: name)
      } catch {
        guard error.code == .unitNotFound else { throw error }
      }
    }
  }

  /// See ``UpdateUnit``.
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
        description: error.description, isOpen: ![.refused, .unavailable].contains(error.code))
    }
  }
}
