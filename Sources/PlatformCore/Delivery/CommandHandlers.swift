import Clocks
import JSON
import JetStream
import Locks
import Logging
import PlatformAPI

/// The handlers of the `commands` methods, at any instance.
struct CommandHandlers: Sendable {
  let store: CommandStore
  let fleet: Fleet
  let enrolled: any EnrolledAgents
  let notifier: CompletionNotifier
  let audit: any Auditing
  /// The default time for which a command may wait for its agent, in seconds.
  let expiresIn: Int64

  private static let defaultLimit = 50
  private static let limits = 1...1000
  /// The maximum size of audited parameters, in bytes. Of larger ones, only the size is audited.
  private static let maximumAuditedParams = 4096

  /// The handlers by method.
  var handlers: [APIMethod: APIHandler] {
    [
      .commandsSubmit: { call throws(APIError) in try await self.submit(call) },
      .commandsList: { call throws(APIError) in try await self.list(call) },
      .commandsShow: { call throws(APIError) in try await self.show(call) },
      .commandsCancel: { call throws(APIError) in try await self.cancel(call) },
    ]
  }

  // MARK: commands.submit

  private func submit(_ call: APICall) async throws(APIError) -> JSONValue {
    let request = try call.decode(Requests.Submit.self)
    let uuid = try fleet.resolve(request.agent)
    if enrolled.agent(uuid)?.isRevoked ?? true {
      throw APIError(.conflict, "agent \(uuid) is revoked and can't connect; enroll it first")
    }
    let record = try Submission.record(
      of: request, agent: uuid, by: call.operatorName, expiresIn: expiresIn, at: WallClock.now)
    if request.id != nil, let known = try await earlier(record) { return known }
    guard store.cache.withLock({ $0.index.openCount(of: uuid) }) < Submission.maximumOpen else {
      throw APIError(
        .busy, "\(Submission.maximumOpen) commands of agent \(uuid) have no result yet; cancel some or wait")
    }
    // A command without an audit entry is never sent.
    let change = try await audit.begin(
      AuditEntry(
        at: record.submittedAt, by: call.operatorName, action: "commands.submit", object: record.id,
        details: details(of: record)))
    do throws(JetStreamError) {
      try await store.create(record, change)
    } catch {
      if error.code == .wrongLastSequence, let known = try await earlier(record) { return known }
      let failure =
        error.code == .wrongLastSequence
        ? APIError(.conflict, "a command has the id \(record.id) already") : unavailable(error)
      change.failed(failure, at: WallClock.now, in: audit)
      throw failure
    }
    return CommandViewEncoder.json(record, result: nil, limit: notifier.messageLimit)
  }

  /// The response to a repeated submission; nil when there is no command with its id.
  private func earlier(_ record: CommandRecord) async throws(APIError) -> JSONValue? {
    let known: CommandRecord?
    do throws(JetStreamError) {
      known = try await store.record(record.id)?.record
    } catch {
      throw unavailable(error)
    }
    guard let known else { return nil }
    guard known.isSameRequest(as: record) else {
      throw APIError(.conflict, "the id \(record.id) was used for another command")
    }
    return CommandViewEncoder.json(known, result: try await result(of: known), limit: notifier.messageLimit)
  }

  private func details(of record: CommandRecord) -> JSONValue {
    var details: JSONObject = [
      "agent": .string(record.agent), "operation": .string(record.operation),
      "expires_at": .integer(record.expiresAt),
    ]
    details.append("hostname", ifPresent: fleet.hostname(of: record.agent).map { .string($0.text) })
    let size = JSONWriter.encode(record.params).count
    if size <= Self.maximumAuditedParams {
      details.append("params", record.params)
    } else {
      details.append("params_bytes", JSONValue(size))
    }
    return .object(details)
  }

  // MARK: commands.list

  private func list(_ call: APICall) async throws(APIError) -> JSONValue {
    let request = try call.decode(Requests.ListCommands.self)
    let limit = request.limit ?? Self.defaultLimit
    guard Self.limits.contains(limit) else {
      throw APIError(.invalid, "\"limit\" is \(limit), expected 1 to 1000")
    }
    var agent: String?
    if let reference = request.agent { agent = try fleet.resolve(reference) }
    let entries = store.cache.withLock { [agent] in
      $0.index.list(agent: agent, state: request.state, limit: limit)
    }
    let ids = entries.map(\.id)
    let records: [String: CommandRecord]
    do {
      records = try await self.records(ids)
    } catch {
      throw APIError(.unavailable, "commands can't be read now: \(error)")
    }
    var listed: [JSONValue] = []
    var room = notifier.messageLimit * 3 / 4
    for id in ids {
      // A record may have expired meanwhile.
      guard let record = records[id] else { continue }
      let view = CommandViewEncoder.listed(record)
      room -= view.footprint + 256
      if room < 0 { break }
      listed.append(view)
    }
    return .array(listed)
  }

  private static let maximumReads = 32

  private func records(_ ids: [String]) async throws -> [String: CommandRecord] {
    try await withThrowingTaskGroup(of: CommandRecord?.self) { group in
      var records: [String: CommandRecord] = [:]
      var rest = ids[...]
      for id in rest.prefix(Self.maximumReads) { group.addTask { try await store.recentRecord(id) } }
      rest = rest.dropFirst(Self.maximumReads)
      while let record = try await group.next() {
        if let record { records[record.id] = record }
        if let id = rest.popFirst() { group.addTask { try await store.recentRecord(id) } }
      }
      return records
    }
  }

  // MARK: commands.show, commands.cancel

  private func show(_ call: APICall) async throws(APIError) -> JSONValue {
    let id = try await find(try call.decode(Requests.Command.self).id)
    let record: CommandRecord?
    do throws(JetStreamError) {
      record = try await store.record(id)?.record
    } catch {
      throw unavailable(error)
    }
    guard let record else { throw APIError(.notFound, "there is no command \(id)") }
    return CommandViewEncoder.json(record, result: try await result(of: record), limit: notifier.messageLimit)
  }

  private func cancel(_ call: APICall) async throws(APIError) -> JSONValue {
    let id = try await find(try call.decode(Requests.Command.self).id)
    let now = WallClock.now
    let known: CommandRecord?
    do throws(JetStreamError) {
      known = try await store.record(id)?.record
    } catch {
      throw unavailable(error)
    }
    guard var record = known else { throw APIError(.notFound, "there is no command \(id)") }
    guard record.cancel(by: call.operatorName, at: now) else { return try await cancelled(record) }
    var details: JSONObject = ["agent": .string(record.agent), "operation": .string(record.operation)]
    details.append("hostname", ifPresent: fleet.hostname(of: record.agent).map { .string($0.text) })
    let change = try await audit.begin(
      AuditEntry(
        at: now, by: call.operatorName, action: "commands.cancel", object: id, details: .object(details)))
    do throws(APIError) {
      return try await cancel(id, by: call.operatorName, at: now, change)
    } catch {
      change.failed(error, at: WallClock.now, in: audit)
      throw error
    }
  }

  private func cancel(
    _ id: String, by name: String, at time: Double, _ change: AuditedChange
  ) async throws(APIError) -> JSONValue {
    let outcome: CommandStore.Change
    do throws(JetStreamError) {
      outcome = try await store.cancel(id, by: name, at: time, change)
    } catch {
      throw unavailable(error)
    }
    switch outcome {
    case .gone: throw APIError(.notFound, "there is no command \(id)")
    case .unchanged(let record): return try await cancelled(record)
    case .changed(let record):
      if record.state.isFinal { await notifier.notify(record, result: nil) }
      return CommandViewEncoder.json(record, result: nil, limit: notifier.messageLimit)
    }
  }

  /// The response to a cancellation that changes nothing.
  private func cancelled(_ record: CommandRecord) async throws(APIError) -> JSONValue {
    guard record.cancelRequestedAt != nil else {
      throw APIError(.conflict, "command \(record.id) has ended already: \(record.state.rawValue)")
    }
    return CommandViewEncoder.json(record, result: try await result(of: record), limit: notifier.messageLimit)
  }

  /// The id that a reference resolves to.
  private func find(_ reference: String) async throws(APIError) -> String {
    guard (4...64).contains(reference.utf8.count), reference.utf8.allSatisfy({ (0x2D...0x7A).contains($0) })
    else {
      throw APIError(.invalid, "a command is named by its id, or 4 or more characters of its beginning")
    }
    let found = store.cache.withLock { $0.index.find(reference) }
    if found.count == 1 { return found[0] }
    guard found.isEmpty else {
      throw APIError(
        .invalid,
        "\(reference) fits several commands (\(found.sorted().prefix(3).joined(separator: ", "))); use more of "
          + "the id")
    }
    // Another instance may have just accepted it.
    if Submission.isID(reference) {
      do throws(JetStreamError) {
        if try await store.record(reference) != nil { return reference }
      } catch {
        throw unavailable(error)
      }
    }
    throw APIError(.notFound, "there is no command \(reference)")
  }

  private func result(of record: CommandRecord) async throws(APIError) -> [UInt8]? {
    guard record.state.isFinal else { return nil }
    do throws(JetStreamError) {
      return try await store.result(record.id)
    } catch {
      throw unavailable(error)
    }
  }

  private func unavailable(_ error: JetStreamError) -> APIError {
    APIError(.unavailable, "commands can't be stored or read now, try again: \(error.message)")
  }
}
