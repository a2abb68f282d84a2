import AgentProtocol
import Clocks
import JSON

/// `agent.allowed_operations`: publishes the capabilities again, and returns them.
struct AllowedOperations: Operation {
  let entry = CatalogueEntry(
    "agent.allowed_operations", "Announce the allowed operations again, and return them")
  let executionMode = ExecutionMode.immediate
  private let announce: @Sendable () -> CapabilitiesPayload

  /// - Parameter announce: Publishes the capabilities and returns them.
  init(announce: @escaping @Sendable () -> CapabilitiesPayload) {
    self.announce = announce
  }

  func run(_ parameters: Void, in context: CommandContext) async -> OperationOutcome {
    .completed(announce().json)
  }
}

/// `agent.cancel`: cancels a queued or running command, including its process tree.
struct AgentCancel: Operation {
  let entry = CatalogueEntry(
    "agent.cancel", "End a waiting or running command",
    parameters: [.init("command_id", .string, "The id of the command to end")])
  let executionMode = ExecutionMode.immediate
  let isControl = true
  private let scheduler: CommandScheduler

  init(scheduler: CommandScheduler) {
    self.scheduler = scheduler
  }

  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) -> String {
    guard let id = params["command_id"]?.stringValue, !id.isEmpty else {
      throw Refusal(.invalidParams, "\"command_id\" must be a string that is not empty")
    }
    return id
  }

  func run(_ commandID: String, in context: CommandContext) async -> OperationOutcome {
    switch scheduler.cancel(commandID) {
    case .queued: .completed(["command_id": .string(commandID), "was": "queued"])
    case .running: .completed(["command_id": .string(commandID), "was": "running"])
    case .unknown: .failed(.failed, "no such command")
    }
  }
}

/// `agent.status`: connection, commands, journal and resource usage of the agent.
struct AgentStatus: Operation {
  /// The part of the status that is not known to the commands and the journal.
  struct Report: Sendable {
    var version: String
    /// The time since the start of the agent.
    var uptimeSeconds: Int64
    /// The start of the agent, in unix seconds.
    var startedAt: Int64
    /// The URL of the connected server, without credentials.
    var serverURL: String?
    /// The number of the connection; nil while disconnected.
    var connection: UInt64?
    /// Resource usage.
    var footprint: AgentFootprint

    init(
      version: String, uptimeSeconds: Int64, startedAt: Int64, serverURL: String?, connection: UInt64?,
      footprint: AgentFootprint
    ) {
      self.version = version
      self.uptimeSeconds = uptimeSeconds
      self.startedAt = startedAt
      self.serverURL = serverURL
      self.connection = connection
      self.footprint = footprint
    }
  }

  let entry = CatalogueEntry("agent.status", "Version, connection, running commands and own usage")
  let executionMode = ExecutionMode.immediate
  private let scheduler: CommandScheduler
  private let journal: CommandJournal
  private let report: @Sendable () -> Report

  init(scheduler: CommandScheduler, journal: CommandJournal, report: @escaping @Sendable () -> Report) {
    self.scheduler = scheduler
    self.journal = journal
    self.report = report
  }

  func run(_ parameters: Void, in context: CommandContext) async -> OperationOutcome {
    let report = report()
    var connection: JSONObject = ["state": report.connection == nil ? "disconnected" : "connected"]
    connection.append("url", ifPresent: report.serverURL.map(JSONValue.string))
    connection.append("epoch", ifPresent: report.connection.map { JSONValue($0) })
    connection.append("reconnects", JSONValue(report.footprint.reconnects))
    let running = scheduler.running.map { command -> JSONValue in
      [
        "command_id": .string(command.commandID), "operation": .string(command.operation),
        "elapsed_ms": .integer((ContinuousClock.now - command.startedAt).wholeMilliseconds),
      ]
    }
    return .completed([
      "version": .string(report.version), "uptime_s": .integer(report.uptimeSeconds),
      "started_at": .integer(report.startedAt), "connection": .object(connection),
      "commands": ["running": .array(running), "queued": JSONValue(scheduler.waitingCount)],
      "agent": report.footprint.json, "journal": journal.isDurable ? "durable" : "volatile",
      "journal_state": journal.status.json,
    ])
  }
}

extension CommandJournal.Status {
  fileprivate var json: JSONValue {
    var object: JSONObject = [:]
    object.append("path", ifPresent: path.map(JSONValue.string))
    object.append("open", .bool(isOpen))
    object.append("entries", JSONValue(entries))
    object.append("bytes", JSONValue(bytes))
    object.append("undelivered", JSONValue(undelivered))
    return .object(object)
  }
}
