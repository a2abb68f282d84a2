import AgentProtocol
import Logging

/// Publishes the output of running commands that requested it with `"stream": true`.
struct ProgressPublisher: Sendable {
  private let uplink: any Uplink
  private let writer: EnvelopeWriter
  private let events: String
  private let logger: Logger

  /// Creates a publisher.
  init(uplink: any Uplink, agent: AgentUUID, logger: Logger) {
    self.uplink = uplink
    self.writer = EnvelopeWriter(agent: agent)
    self.events = AgentSubjects(agent).events
    self.logger = logger
  }

  /// Executes the work of a command, with a sink if it requested progress and has an id.
  ///
  /// All progress is published when this returns, so that it precedes the result.
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
