import Glibc
import HostControl
import UnixSignals

/// The program of `plusclouds-update.service`: runs an update that the agent has prepared.
struct UpdateProgram {
  /// The subcommand; not part of the usage.
  static let subcommand = SystemdUpdateUnit.workerSubcommand

  /// The absolute path of the folder with the state of the update.
  let folder: String

  /// Runs the update. Progress goes to standard output and thereby to the journal.
  ///
  /// - Returns: The exit status.
  func run() async -> Int32 {
    // A restart of journald closes the pipe of standard output. Child processes get the default action again.
    signal(SIGPIPE, SIG_IGN)
    // Trapped from the start: a stop request must not kill this program during an installation.
    let stops = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
    let worker = UpdateWorker(
      folder: UpdateFolder(path: folder), variables: ProcessEnvironment.current(),
      log: { Terminal.print($0) })
    return await worker.run(stopRequests: stops)
  }
}
