import HostControl

/// A run that was going on when the agent, or the machine, came to an end: what the journal knows of it.
struct InterruptedRun: Sendable, Equatable {
  /// The id of the command that it served.
  let commandID: String
  /// The operation's name.
  let operation: String
  /// When it started, in unix seconds.
  let startedAt: Int64
  /// The boot that it started in, as /proc/sys/kernel/random/boot_id named it; empty when that could not be read.
  let bootID: String
  /// The processes that it had noted with `CommandContext.didStart`. They may be gone, and in another boot they are.
  let processes: [ProcessIdentity]

  /// A run.
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
