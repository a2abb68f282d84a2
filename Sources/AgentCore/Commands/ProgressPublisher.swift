import AgentProtocol
import Logging

/// Reports what commands write while they run, where they asked for it.
struct ProgressPublisher: Sendable {
  private let uplink: any Uplink
  private let writer: EnvelopeWriter
  private let events: String
  private let logger: Logger

  /// A publisher over `uplink`.
  init(uplink: any Uplink, agent: AgentUUID, logger: Logger) {
    self.uplink = uplink
    self.writer = EnvelopeWriter(agent: agent)
    self.events = AgentSubjects(agent).events
    self.logger = logger
  }

  /// Does the work of a command, with a sink if it asked for one and has an id to report under. All that was written is
  /// sent when this returns: a result that is sent later comes later.
  func reporting(
    _ command: AdmittedCommand, work: (CommandProgress?) async -> OperationOutcome
  ) async -> OperationOutcome {
    guard command.isStreaming, !command.id.isEmpty else { return await work(nil) }
    let progress = CommandProgress(
      commandID: command.id, uplink: uplink, writer: writer, subject: events, logger: logger)
    return await withTaskGroup(of: Void.self) { group in
      group.addTask { await progress.run() }
      let outcome = await work(progress)
      progress.finish()
      group.cancelAll()
      return outcome
    }
  }
}
