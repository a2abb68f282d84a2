import Clocks
import JSON
import JetStream
import Locks
import PlatformAPI

/// The handlers of `agents.list`, `agents.show`, `telemetry.last` and `platform.status`, at any instance.
struct FleetHandlers: Sendable {
  let fleet: Fleet
  let enrolled: any EnrolledAgents
  let store: CommandStore
  let lease: LeaderLease
  let jetStream: JetStream
  let version: String
  /// The maximum payload of a message, in bytes.
  let messageLimit: @Sendable () -> Int
  let health: InstanceHealth

  private static let defaultLimit = 500
  private static let limits = 1...1000

  /// The handlers by method.
  var handlers: [APIMethod: APIHandler] {
    [
      .agentsList: { call throws(APIError) in try self.list(call) },
      .agentsShow: { call throws(APIError) in try await self.show(call) },
      .telemetryLast: { call throws(APIError) in try await self.telemetry(call) },
      .platformStatus: { call throws(APIError) in
        try call.expectNoParameters()
        return try await self.status()
      },
    ]
  }

  // MARK: agents.list

  private func list(_ call: APICall) throws(APIError) -> JSONValue {
    let request = try call.decode(Requests.ListAgents.self)
    let limit = request.limit ?? Self.defaultLimit
    guard Self.limits.contains(limit) else {
      throw APIError(.invalid, "\"limit\" is \(limit), expected 1 to 1000")
    }
    var selector: Selector?
    if let text = request.selector {
      do { selector = try Selector(text) } catch { throw APIError(.invalid, error.description) }
    }
    var views = fleet.views(at: WallClock.now)[...]
    if let after = request.after { views = views.drop { $0.uuid <= after.lowercased() } }
    var listed: [AgentView] = []
    var room = messageLimit() * 3 / 4
    var next: String?
    for view in views where selector?.matches(view) ?? true {
      let size = Self.size(of: view)
      guard listed.count < limit, size <= room || listed.isEmpty else {
        next = listed.last?.uuid
        break
      }
      room -= size
      listed.append(view)
    }
    return try Self.json(Requests.AgentsPage(agents: listed, next: next))
  }

  /// The approximate size of a view in a message, in bytes.
  private static func size(of view: AgentView) -> Int {
    view.labels.reduce(512) { $0 + $1.key.utf8.count + $1.value.utf8.count + 8 }
  }

  // MARK: agents.show

  private func show(_ call: APICall) async throws(APIError) -> JSONValue {
    let uuid = try fleet.resolve(try call.decode(Requests.Agent.self).agent)
    guard let record = enrolled.agent(uuid) else { throw APIError(.notFound, "there is no agent \(uuid)") }
    let now = WallClock.now
    let state = fleet.state(uuid)
    var detail = AgentDetail(
      agent: fleet.view(of: record, state, at: now), enrolledAt: record.enrolledAt,
      enrolledBy: record.enrolledBy, validTokens: record.validTokens(at: now))
    detail.revokedAt = record.revokedAt
    if let state { detail.alerts = state.alerts.views(of: uuid, at: now) }
    if let suspicion = fleet.cloneSuspicion(of: record, state, at: now) {
      detail.cloneSuspected = suspicion
      // The platform raises this alert itself; no agent can detect it.
      detail.alerts.append(
        AlertView(
          agent: uuid, at: state?.cloneSuspectedAt ?? now, severity: "critical", code: "IDENTITY_CLONED",
          message: suspicion, objectType: "system", objectId: ""))
    }
    var json = try Self.json(detail).objectValue ?? JSONObject()
    do throws(JetStreamError) {
      // The payload keeps the agent's JSON keys.
      let capabilities = try await fleet.bucket.get("\(uuid).capabilities")
      json["capabilities"] = capabilities.flatMap { Self.parsed($0.value) }
      if let last = try await lastTelemetry(uuid) {
        json["telemetry"] = last.payload
        json["telemetry_at"] = .number(last.at)
      }
    } catch {
      throw Self.unavailable(error)
    }
    if JSONValue.object(json).footprint > messageLimit() * 3 / 4 { json["capabilities"] = nil }
    return .object(json)
  }

  // MARK: telemetry.last

  private func telemetry(_ call: APICall) async throws(APIError) -> JSONValue {
    let uuid = try fleet.resolve(try call.decode(Requests.Agent.self).agent)
    do throws(JetStreamError) {
      guard let last = try await lastTelemetry(uuid) else {
        throw JetStreamError(.notFound, uuid)
      }
      return last.json
    } catch  where error.code == .notFound {
      throw APIError(.notFound, "agent \(uuid) has sent no telemetry lately")
    } catch {
      throw Self.unavailable(error)
    }
  }

  private func lastTelemetry(_ uuid: String) async throws(JetStreamError) -> AgentEventMessage? {
    let message = try await jetStream.getLastMessage(
      stream: PlatformStorage.telemetryStream, subject: "vm.\(uuid).telemetry")
    return message.flatMap { AgentEventMessage(parsing: $0.payload, of: uuid, at: $0.time) }
  }

  // MARK: platform.status

  private func status() async throws(APIError) -> JSONValue {
    var agents: [String: Int] = [:]
    for view in fleet.views(at: WallClock.now) { agents[view.status.rawValue, default: 0] += 1 }
    // The rest of the status is useful without JetStream.
    let audit = try? await AuditRecord.jetStream(jetStream.client).stream(PlatformStorage.auditStream)
    var status = Requests.PlatformStatus(
      version: version, instance: lease.instance, leader: await lease.holder(), agents: agents,
      commandsOpen: store.cache.withLock { $0.index.openCount },
      auditUsedPct: audit?.usedPercent.map { ($0 * 10).rounded() / 10 })
    let problems = health.problems
    if !problems.isEmpty { status.problems = problems }
    return try Self.json(status)
  }

  private static func parsed(_ bytes: [UInt8]) -> JSONValue? {
    do { return try JSONReader.parse(bytes) } catch { return nil }
  }

  private static func json(_ value: some Encodable) throws(APIError) -> JSONValue {
    do {
      return try APICoding.json(value)
    } catch {
      throw APIError(.unavailable, "the response can't be encoded: \(error)")
    }
  }

  static func unavailable(_ error: JetStreamError) -> APIError {
    APIError(.unavailable, "the events of agents can't be read now, try again: \(error.message)")
  }
}
