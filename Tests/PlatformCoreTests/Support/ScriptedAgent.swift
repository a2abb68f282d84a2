import AgentProtocol
import Clocks
import JSON
import Locks
import NATS
import NIOCore

/// An agent with scripted results. It speaks the protocol over a client of its own, and records the messages it received.
final class ScriptedAgent: Sendable {
  /// Returns the result of a command; nil for none. Called once for each id, as by an agent with a journal.
  typealias Script = @Sendable (_ id: String, _ command: CommandPayload) -> ResultPayload?

  let uuid: String
  let client: NATSClient
  private let subjects: AgentSubjects
  private let writer: EnvelopeWriter
  private let script: Script
  /// The ids of all received commands, including repeated ones.
  let received = Locked<[String]>([])
  /// The ids of the executed commands, in order.
  let ran = Locked<[String]>([])
  /// The ids of the messages that the platform answered with its time, and of commands, in the order of arrival.
  let arrivals = Locked<[String]>([])
  /// Other received operations, such as `agent.cancel`.
  let operations = Locked<[String]>([])
  private let journal = Locked<[String: ResultPayload]>([:])
  /// The `reply_to` of commands, by id.
  let resultSubjects = Locked<[String: String]>([:])

  init(_ uuid: String, _ client: NATSClient, _ script: @escaping Script = ScriptedAgent.completes) throws {
    guard let agent = AgentUUID(uuid) else { throw CommandPayloadError("no uuid: \(uuid)") }
    self.uuid = uuid
    self.client = client
    self.script = script
    subjects = AgentSubjects(agent)
    writer = EnvelopeWriter(agent: agent)
  }

  static let completes: Script = { id, _ in
    ResultPayload(commandID: id, status: .completed, output: ["ran": .string(id)])
  }

  /// Runs `body` while the agent is connected and announced.
  func online<R: Sendable>(_ body: () async throws -> R) async throws -> R {
    let subscription = try client.subscribe(to: subjects.commands)
    try await client.flush()
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for await message in subscription { try self.receive(Array(message.payload.readableBytesView)) }
      }
      defer { subscription.unsubscribe() }
      try announce()
      try heartbeat()
      let result = try await body()
      subscription.unsubscribe()
      group.cancelAll()
      return result
    }
  }

  func announce(
    hostname: String = "web-1", operations: [String] = ["exec", "agent.cancel"],
    id: String = MessageID.random()
  ) throws {
    try publish(
      .capabilities,
      [
        "operations": .array(operations.map { ["operation": .string($0)] }), "agent_version": "2.0.0",
        "os": "debian 12", "hostname": .string(hostname),
      ], id: id)
  }

  func heartbeat(uptime: Int = 1000) throws {
    try publish(.heartbeat, ["version": "2.0.0", "uptime_s": JSONValue(uptime), "tasks_queued": 0])
  }

  func publish(_ type: Envelope.MessageType, _ payload: JSONValue, id: String = MessageID.random()) throws {
    try client.publish(
      writer.envelope(type, payload: payload, id: id, timestamp: UnixTime.now), to: subjects.events)
  }

  func publishTelemetry(_ payload: JSONValue) throws {
    let bytes = writer.envelope(.telemetry, payload: payload, timestamp: UnixTime.now)
    try client.publish(bytes, to: subjects.events)
    try client.publish(bytes, to: subjects.telemetry)
  }

  private func receive(_ bytes: [UInt8]) throws {
    let envelope = try Envelope(parsing: bytes)
    if envelope.isTime {
      let answered = TimePayload(parsing: envelope.payload)?.inReplyTo
      return arrivals.withLock { $0.append(answered ?? "") }
    }
    arrivals.withLock { $0.append(envelope.id) }
    let command = try CommandPayload(parsing: envelope.payload)
    guard command.operation != "agent.cancel" else {
      operations.withLock { $0.append("agent.cancel \(command.params["command_id"]?.stringValue ?? "")") }
      return
    }
    received.withLock { $0.append(envelope.id) }
    if let replyTo = envelope.replyTo { resultSubjects.withLock { $0[envelope.id] = replyTo } }
    if var known = journal.withLock({ $0[envelope.id] }) {
      known.isReplayed = true
      return try send(known)
    }
    if let expiresAt = command.expiresAt, expiresAt < UnixTime.now {
      return try send(
        ResultPayload(commandID: envelope.id, status: .rejected, code: .expired, message: "late"))
    }
    let isFirst = ran.withLock { ran in
      if ran.contains(envelope.id) { return false }
      ran.append(envelope.id)
      return true
    }
    guard isFirst, let result = script(envelope.id, command) else { return }
    try answer(result)
  }

  /// Publishes a result, and stores it for repeated commands.
  func answer(_ result: ResultPayload) throws {
    journal.withLock { $0[result.commandID] = result }
    try send(result)
  }

  /// Publishes a result to the subject in its command.
  private func send(_ result: ResultPayload) throws {
    let subject = resultSubjects.withLock { $0[result.commandID] } ?? subjects.events
    try client.publish(writer.envelope(.result, payload: result.json, timestamp: UnixTime.now), to: subject)
  }
}
