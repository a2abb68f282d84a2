import AgentProtocol
import Clocks
import JSON
import JetStream
import NATS
import NATSTesting
import PlatformAPI
import Testing

@testable import PlatformCore

@Suite struct FleetTests {
  private func views(_ service: FleetService, _ request: Requests.ListAgents = .init()) async throws
    -> Requests.AgentsPage
  {
    try APICoding.value(from: try await service.ask(.agentsList, request))
  }

  @Test func statusFollowsHeartbeats() async throws {
    try await Rig.with { rig, client in
      try await rig.leading(client, aliveWithin: .seconds(2)) { service in
        let agent = try ScriptedAgent(Rig.uuid, client)
        #expect(try await views(service).agents.map(\.status) == [.pending])
        try agent.announce()
        // Repeatedly: on a busy machine a check may come after the time for which a heartbeat counts.
        try await eventually("it is alive") {
          try agent.heartbeat()
          return try await views(service).agents.first?.isAlive == true
        }
        let view = try #require(try await views(service).agents.first)
        #expect(view.hostname == "web-1" && view.os == "debian 12" && view.version == "2.0.0")
        #expect(view.uptimeS == 1000 && view.tasksQueued == 0 && view.labels == ["env": "test"])
        try await eventually("it is silent") { try await views(service).agents.first?.status == .silent }
        try await eventually("it is alive again") {
          try agent.heartbeat(uptime: 1010)
          return try await views(service).agents.first?.isAlive == true
        }
      }
    }
  }

  @Test func showIncludesStateAlertsAndTelemetry() async throws {
    try await Rig.with { rig, client in
      try await rig.leading(client) { service in
        let agent = try ScriptedAgent(Rig.uuid, client)
        try agent.announce()
        try agent.heartbeat()
        try agent.publishTelemetry(["cpu": ["usage_pct": 12.5], "Odd_Key": [1], "memory": ["usage_pct": 40]])
        try agent.publish(
          .alert,
          [
            "severity": "warning", "code": "SERVICE_FAILED", "message": "nginx failed",
            "object_type": "system",
            "object_id": "nginx.service", "details": [:],
          ])
        try await eventually("all is written") {
          let shown = try await service.ask(.agentsShow, Requests.Agent(agent: "1111"))
          return service.fleet.state(Rig.uuid)?.alerts.alerts.count == 1
            && shown.objectValue?["capabilities"]?.objectValue != nil
        }
        let json = try await service.ask(.agentsShow, Requests.Agent(agent: "1111"))
        #expect(json.objectValue?["telemetry"]?.objectValue?["Odd_Key"] == [1])
        let detail: AgentDetail = try APICoding.value(from: json)
        #expect(detail.agent.cpuPct == 12.5 && detail.agent.memoryPct == 40 && detail.agent.openAlerts == 1)
        #expect(detail.alerts.map(\.code) == ["SERVICE_FAILED"] && detail.enrolledBy == "tests")
        let event: EventView = try APICoding.value(
          from: try await service.ask(.telemetryLast, Requests.Agent(agent: "WEB-1")))
        #expect(event.type == "telemetry" && event.agent == Rig.uuid)
        let status: Requests.PlatformStatus = try APICoding.value(
          from: try await service.ask(.platformStatus, Requests.ListAgents()))
        #expect(status.leader == "one" && status.agents == ["alive": 1] && status.commandsOpen == 0)
      }
    }
  }

  @Test func agentsAreResolvedAndSelected() async throws {
    let uuids = (0..<5).map { "0000000\($0)-1111-4111-8111-111111111111" }
    try await Rig.with(uuids: uuids) { rig, client in
      try await rig.leading(client) { service in
        for (number, uuid) in uuids.enumerated() {
          let agent = try ScriptedAgent(uuid, client)
          try agent.announce(hostname: number < 2 ? "twin" : "web-\(number)")
          try agent.heartbeat()
        }
        try await eventually("all are known") {
          service.fleet.states().values.count { $0.hostname != nil } == 5
        }
        #expect(try service.fleet.resolve(uuids[1].uppercased()) == uuids[1])
        #expect(try service.fleet.resolve("web-3") == uuids[3])
        #expect(try service.fleet.resolve("00000004") == uuids[4])
        #expect { try service.fleet.resolve("twin") } throws: { ($0 as? APIError)?.code == .invalid }
        #expect { try service.fleet.resolve("0000") } throws: { ($0 as? APIError)?.code == .invalid }
        for unknown in ["", "000", "nobody", "99999999-1111-4111-8111-111111111111", "*", "00000004-*"] {
          #expect(throws: APIError.self) { try service.fleet.resolve(unknown) }
        }
        let picked = try await views(service, .init(selector: "hostname=twin"))
        #expect(picked.agents.map(\.uuid) == [uuids[0], uuids[1]] && picked.next == nil)
        await #expect(throws: APIError.self) {
          try await service.ask(.agentsList, Requests.ListAgents(selector: "=,"))
        }
        var paged: [String] = []
        var page = try await views(service, .init(limit: 2))
        while true {
          paged += page.agents.map(\.uuid)
          guard let next = page.next else { break }
          page = try await views(service, .init(limit: 2, after: next))
        }
        #expect(paged == uuids)
      }
    }
  }

  @Test func listReturnsTheNewestEvents() async throws {
    let other = "22222222-2222-4222-8222-222222222222"
    try await Rig.with(uuids: [Rig.uuid, other]) { rig, client in
      try await rig.leading(client) { service in
        let agents = [try ScriptedAgent(Rig.uuid, client), try ScriptedAgent(other, client)]
        for number in 0..<300 { try agents[number % 2].heartbeat(uptime: number) }
        try agents[0].publish(.alert, ["code": "X", "severity": "info"])
        try await client.flush()
        try await eventually("all are stored") {
          try await JetStream(client).stream(PlatformStorage.eventsStream).state.messages == 301
        }
        func list(_ request: Requests.ListEvents) async throws -> [EventView] {
          try APICoding.value(from: try await service.ask(.eventsList, request))
        }
        let newest = try await list(.init(limit: 10))
        #expect(newest.count == 10 && newest.last?.type == "alert")
        #expect(
          newest.dropLast().compactMap { $0.payload.objectValue?["uptime_s"]?.integerValue }
            == Array(291...299))
        let ofOne = try await list(.init(agent: other, types: ["heartbeat"], limit: 1000))
        #expect(ofOne.count == 150 && ofOne.allSatisfy { $0.agent == other })
        #expect(try await list(.init(types: ["alert"])).count == 1)
        #expect(try await list(.init(types: ["progress"])).isEmpty)
        #expect(try await list(.init()).count == 200)
      }
    }
  }

  @Test func largeEventIsShortenedInAList() async throws {
    try await Rig.with { rig, client in
      try await rig.leading(client) { service in
        let agent = try ScriptedAgent(Rig.uuid, client)
        for number in 0..<50 { try agent.heartbeat(uptime: number) }
        let output = JSONValue.string(String(repeating: "x", count: 1_000_000))
        let agentUUID = try #require(AgentUUID(Rig.uuid))
        let large = EnvelopeWriter(agent: agentUUID).envelope(
          .result, payload: ["command_id": "c", "status": "completed", "output": output],
          timestamp: UnixTime.now)
        try client.publish(large, to: PlatformSubjects.result(of: "c", from: Rig.uuid, sending: "1"))
        // Too large for an event.
        try client.publish(large, to: AgentSubjects(agentUUID).events)
        try await client.flush()
        try await eventually("all are stored") {
          let jetStream = JetStream(client)
          let events = try await jetStream.stream(PlatformStorage.eventsStream).state.messages
          return try await jetStream.stream(PlatformStorage.resultsStream).state.messages + events == 51
        }
        let events: [EventView] = try APICoding.value(
          from: try await service.ask(.eventsList, Requests.ListEvents()))
        #expect(events.count == 51)
        let payload = events.last?.payload.objectValue
        #expect(payload?["status"] == "completed" && payload?["left_out"] == ["output"])
        #expect(payload?["output"] == nil)
      }
    }
  }

  @Test func newLeaderContinuesAtTheCheckpoint() async throws {
    try await Rig.with { rig, client in
      let agent = try ScriptedAgent(Rig.uuid, client)
      try await rig.leading(client) { service in
        try agent.announce()
        try agent.heartbeat(uptime: 5)
        try await eventually("it is written") { service.fleet.state(Rig.uuid)?.uptime == 5 }
        try await eventually("the checkpoint is") {
          try await rig.buckets.fleet.get(FleetWriter.checkpointKey) != nil
        }
      }
      try agent.heartbeat(uptime: 77)
      try await client.flush()
      let counters = PlatformCounters()
      let next = rig.service(client, "two", counters: counters)
      try await rig.running(next) {
        try await eventually("events that arrived without a leader are folded") {
          next.fleet.state(Rig.uuid)?.uptime == 77
        }
        #expect(next.fleet.state(Rig.uuid)?.hostname?.text == "web-1")
        #expect(counters.snapshot.eventsFolded == 1, "and nothing twice")
      }
    }
  }
}
