import Glibc
import HostControl
import UnixSignals

/// What `plusclouds-update.service` runs, and nobody else: an update that the agent has prepared.
struct UpdateProgram {
  /// The subcommand, which no help mentions.
  static let subcommand = SystemdUpdateUnit.workerSubcommand

  /// Where the update keeps its state, an absolute path.
  let folder: String

  /// Does it, and tells the journal.
  ///
  /// - Returns: The exit status.
  func run() async -> Int32 {
    // From the start: a stop must not end this program in the middle of it.
    signal(SIGPIPE, SIG_IGN)  // A journal that goes away must not either. What it runs has the default again.
    let stops = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
    let worker = UpdateWorker(
      folder: UpdateFolder(path: folder), variables: ProcessEnvironment.current(),
      log: { Terminal.print($0) })
    return await worker.run(stopRequests: stops)
  }
}
