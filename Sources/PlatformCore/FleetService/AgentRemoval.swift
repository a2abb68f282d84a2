import Clocks
import JSON
import JetStream
import NATS
import PlatformAPI

/// The handler of `agents.remove`. Removes everything stored about an agent except its audit entries.
struct AgentRemoval: Sendable {
  let registry: Registry
  let service: FleetService
  let servers: ServerControl
  let audit: any Auditing

  var handlers: [APIMethod: APIHandler] {
    [
      .agentsRemove: { call throws(APIError) in
        let request = try call.decode(Requests.RemoveAgent.self)
        return try call.result(await self.remove(request, by: call.operatorName))
      }
    ]
  }

  private func remove(_ request: Requests.RemoveAgent, by name: String) async throws(APIError) -> AgentView {
    if let reason = request.reason { try Registry.checkText(reason, "reason") }
    let uuid: String
    if let whole = AgentRecord.canonicalUUID(request.agent) {
      uuid = whole
    } else {
      uuid = try service.fleet.resolve(request.agent)
    }
    let record = try await registry.reread(agent: uuid)
    let state = service.fleet.state(uuid)
    let open = service.openCommands(of: uuid)
    // An interrupted removal may have left a part of it.
    guard record != nil || state != nil || open > 0 else {
      throw APIError(.notFound, "there is no agent \(uuid)")
    }
    let connections = try await connections(of: record, uuid, isForced: request.force == true)
    let view = record.map(service.fleet.view(of:)) ?? AgentView(uuid: uuid, status: .revoked, labels: [:])
    var details: JSONObject = ["open_commands": JSONValue(open)]
    details.append("hostname", ifPresent: state?.hostname.map { .string($0.text) })
    details.append("reason", ifPresent: request.reason.map(JSONValue.string))
    details.append("force", ifPresent: request.force.map(JSONValue.bool))
    let change = try await audit.begin(
      AuditEntry(
        at: WallClock.now, by: name, action: APIMethod.agentsRemove.rawValue, object: uuid,
        details: .object(details)))
    do throws(APIError) {
      try await registry.remove(agent: uuid, change)
      for connection in connections { await close(connection) }
      do throws(JetStreamError) {
        try await service.remove(agent: uuid, by: name, change)
      } catch {
        throw APIError(
          .unavailable,
          "agent \(uuid) can't connect any more, but some of its data was not removed; repeat the removal: \(error.message)"
        )
      }
    } catch {
      change.failed(error, at: WallClock.now, in: audit)
      throw error
    }
    return view
  }

  /// The connections of the agent, all of which have to be closed.
  ///
  /// - Throws: `conflict` when there are any and the removal is not forced; `unavailable` when they can't be listed.
  private func connections(
    of record: AgentRecord?, _ uuid: String, isForced: Bool
  ) async throws(APIError) -> [ServerConnection] {
    var found: [ServerConnection] = []
    for grant in CalloutGrant.valid(for: record, at: -.infinity) {
      let search: ServerControl.Search
      do throws(NATSError) {
        search = try await servers.connections(of: grant)
      } catch {
        throw APIError(.unavailable, "the connections of agent \(uuid) can't be listed now: \(error.message)")
      }
      found += search.connections
      guard isForced || search.isComplete else {
        throw APIError(
          .unavailable,
          "not all servers have listed their connections of agent \(uuid); try again, or remove it by force")
      }
    }
    guard isForced || found.isEmpty else {
      throw APIError(
        .conflict,
        "agent \(uuid) is connected from \(found[0].address): stop it first, or remove it by force (plsctl: --force)"
      )
    }
    return found
  }

  private func close(_ connection: ServerConnection) async {
    // RevocationEnforcer closes it as well, and retries when this fails.
    try? await servers.kick(connection)
  }
}
