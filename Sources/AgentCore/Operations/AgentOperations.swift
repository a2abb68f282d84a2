import AgentProtocol
import JSON

/// `agent.allowed_operations`: announces the capabilities once more, and answers with them.
struct AllowedOperations: Operation {
  /// See ``Operation``.
  let entry = CatalogueEntry(
    "agent.allowed_operations", "Announce the allowed operations again, and return them")
  /// See ``Operation``.
  let pace = Pace.immediate
  private let announce: @Sendable () -> CapabilitiesPayload

  /// The operation; `announce` publishes the capabilities and returns what it published.
  init(announce: @escaping @Sendable () -> CapabilitiesPayload) {
    self.announce = announce
  }

  /// See ``Operation``.
  func run(_ parameters: Void, in context: CommandContext) async -> OperationOutcome {
    .completed(announce().json)
  }
}

/// `agent.cancel`: ends a waiting or running command, and its whole process tree.
struct AgentCancel: Operation {
  /// See ``Operation``.
  let entry = CatalogueEntry(
    "agent.cancel", "End a waiting or running command",
    parameters: [.init("command_id", .string, "The id of the command to end")])
  /// See ``Operation``.
  let pace = Pace.immediate
  let isControl = true
  private let scheduler: CommandScheduler

  /// The operation, for the commands of a scheduler.
  init(scheduler: CommandScheduler) {
    self.scheduler = scheduler
  }

  /// See ``Operation``.
  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) -> String {
    guard let id = params["command_id"]?.stringValue, !id.isEmpty else {
      throw Refusal(.invalidParams, "\"command_id\" must be a string that is not empty")
    }
    return id
  }

  /// See ``Operation``.
  func run(_ commandID: String, in context: CommandContext) async -> OperationOutcome {
    switch scheduler.cancel(commandID) {
    case .queued: .completed(["command_id": .string(commandID), "was": "queued"])
    case .running: .completed(["command_id": .string(commandID), "was": "running"])
    case .unknown: .failed(.failed, "no such command")
    }
  }
}

/// `agent.status`: how the agent itself fares.
struct AgentStatus: Operation {
  /// What the rest of the agent knows about itself.
  struct Report: Sendable {
    /// The agent's version.
    var version: String
    /// The seconds since it started.
    var uptimeSeconds: Int64
    /// When it started, in unix seconds.
    var startedAt: Int64
    /// Where it is connected to; no credentials.
    var serverURL: String?
    /// The number of the connection.
    var connection: UInt64?
    /// What it uses.
    var footprint: AgentFootprint

    /// A report.
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

  /// See ``Operation``.
  let entry = CatalogueEntry("agent.status", "Version, connection, running commands and own usage")
  /// See ``Operation``.
  let pace = Pace.immediate
  private let scheduler: CommandScheduler
  private let journal: CommandJournal
  private let report: @Sendable () -> Report

  /// The operation.
  init(scheduler: CommandScheduler, journal: CommandJournal, report: @escaping @Sendable () -> Report) {
    self.scheduler = scheduler
    self.journal = journal
    self.report = report
  }

  /// See ``Operation``.
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
