import HostControl

/// The journal's record of a run that was interrupted by a restart of the agent or of the machine.
struct InterruptedRun: Sendable, Equatable {
  /// The id of the command.
  let commandID: String
  let operation: String
  /// The start of the run, in unix seconds.
  let startedAt: Int64
  /// The boot id at the start (`/proc/sys/kernel/random/boot_id`); empty when it could not be read.
  let bootID: String
  /// The processes recorded with `CommandContext.didStart`. They may have ended; in another boot they have.
  let processes: [ProcessIdentity]

  init(
    commandID: String, operation: String, startedAt: Int64, bootID: String, processes: [ProcessIdentity]
  ) {
    self.commandID = commandID
    self.operation = operation
    self.startedAt = startedAt
    self.bootID = bootID
    self.processes = processes
  }
}
