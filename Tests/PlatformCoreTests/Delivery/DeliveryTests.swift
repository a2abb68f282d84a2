import AgentProtocol
import Clocks
import JSON
import JetStream
import Locks
import NATS
import NATSTesting
import NIOCore
import PlatformAPI
import Testing

@testable import PlatformCore

@Suite struct DeliveryTests {
  @Test func commandRunsOnceAndItsResultIsStored() async throws {
    try await Rig.with { rig, client in
      try await rig.leading(client) { service in
        try await withClient(of: rig.server) { agentClient in
          let agent = try ScriptedAgent(Rig.uuid, agentClient)
          try await agent.online {
            let done = try client.subscribe(to: PlatformSubjects.allDone(of: "op"))
            let command = try await service.submit(.init(agent: Rig.uuid, operation: "exec"))
            let notification = try await done.first()
            let view: CommandView = try APICoding.decode(from: Array(notification.payload.readableBytesView))
            #expect(view.id == command.id && view.state == .completed && view.attempts == 1)
            let shown = try await service.show(String(command.id.prefix(8)))
            #expect(shown.result?.objectValue?["output"] == ["ran": .string(command.id)])
            #expect(shown.result == view.result && shown.endedAt != nil)
            #expect(agent.received.withLock { $0 } == [command.id])
            try await eventually("the end is audited") { rig.audit.count("command.ended", command.id) == 1 }
            #expect(rig.audit.count("commands.submit", command.id) == 1)
          }
        }
      }
    }
  }

  @Test func commandsWaitForAnOfflineAgentAndOneExpires() async throws {
    try await Rig.with { rig, client in
      try await rig.leading(client) { service in
        var ids: [String] = []
        for number in 0..<5 {
          let view = try await service.submit(
            .init(
              agent: Rig.uuid, operation: "exec", params: ["n": JSONValue(number)],
              expiresInS: number == 2 ? 1 : 600))
          #expect(view.state == .pending)
          ids.append(view.id)
        }
        #expect(try await service.ended(ids[2]).state == .expired)
        try await withClient(of: rig.server) { agentClient in
          let agent = try ScriptedAgent(Rig.uuid, agentClient)
          try await agent.online {
            let rest = [ids[0], ids[1], ids[3], ids[4]]
            for id in rest {
              let view = try await service.ended(id)
              #expect(view.state == .completed && view.attempts == 1)
            }
            #expect(agent.ran.withLock { $0 } == rest)
            #expect(agent.received.withLock { $0 } == rest)
          }
        }
      }
    }
  }

  @Test func timeIsSentAfterAnAnnouncementBeforeCommands() async throws {
    try await Rig.with { rig, client in
      try await rig.leading(client) { service in
        let command = try await service.submit(.init(agent: Rig.uuid, operation: "exec"))
        try await withClient(of: rig.server) { agentClient in
          let agent = try ScriptedAgent(Rig.uuid, agentClient)
          try await agent.online {
            #expect(try await service.ended(command.id).state == .completed)
            let arrivals = agent.arrivals.withLock { $0 }
            #expect(arrivals.count >= 2 && arrivals.first?.isEmpty == false)
            #expect(arrivals.firstIndex(of: command.id).map { $0 > 0 } == true)
            try agent.announce(id: "the-second-announcement")
            try await eventually("it is answered") {
              agent.arrivals.withLock { $0.contains("the-second-announcement") }
            }
          }
        }
      }
    }
  }

  @Test func everyAttemptCarriesTheSubmissionTime() throws {
    let agent = try #require(AgentUUID(Rig.uuid))
    var record = CommandRecord(
      id: "c", agent: Rig.uuid, operation: "exec", params: [:], submittedBy: "op",
      submittedAt: 1_748_000_000.9,
      expiresAt: 1_748_000_060)
    var subjects: Set<String> = []
    for attempt in 1...2 {
      record.recordSent(at: 1_748_000_000 + Double(attempt) * 15, order: 1)
      for message in [
        CommandEncoder.command(record, to: agent),
        CommandEncoder.probe(record, to: agent),
      ] {
        let envelope = try Envelope(parsing: message.bytes)
        let replyTo = try #require(envelope.replyTo)
        #expect(replyTo.hasPrefix("pls.results.\(Rig.uuid).c.") && message.replyTo == replyTo)
        subjects.insert(replyTo)
        #expect(try CommandPayload(parsing: envelope.payload).madeAt == 1_748_000_000)
        #expect(envelope.timestamp.map { $0 > 1_748_000_060 } == true)
      }
    }
    #expect(
      subjects.count == 4, "the permission to reply is used up by a second delivery with the same subject")
  }

  @Test func resultsArePublishedToTheCommandSubject() async throws {
    try await Rig.with { rig, client in
      try await rig.leading(client) { service in
        try await withClient(of: rig.server) { agentClient in
          let agent = try ScriptedAgent(Rig.uuid, agentClient) { id, command in
            id == "the-held-one" ? nil : ScriptedAgent.completes(id, command)
          }
          try await agent.online {
            try await eventually("its journal is known") {
              service.fleet.state(Rig.uuid)?.keepsJournal == true
            }
            let command = try await service.submit(.init(agent: Rig.uuid, operation: "exec"))
            #expect(try await service.ended(command.id).state == .completed)
            let subject = try #require(agent.resultSubjects.withLock { $0[command.id] })
            #expect(subject.hasPrefix("pls.results.\(Rig.uuid).\(command.id)."))
            let stored = try await JetStream(client).getLastMessage(stream: "AGENT_RESULTS", subject: subject)
            #expect(stored != nil)
            // A result for another command than the subject's is rejected.
            let held = try await service.submit(.init(agent: Rig.uuid, operation: "exec", id: "the-held-one"))
            try await eventually("it is received") { agent.received.withLock { $0.contains(held.id) } }
            let forged = EnvelopeWriter(agent: try #require(AgentUUID(Rig.uuid))).envelope(
              .result, payload: ResultPayload(commandID: held.id, status: .completed).json,
              timestamp: UnixTime.now)
            try agentClient.publish(forged, to: "pls.results.\(Rig.uuid).another-one.1")
            try await agentClient.flush()
            let other = try await service.submit(.init(agent: Rig.uuid, operation: "exec", id: "another-one"))
            #expect(try await service.ended(other.id).state == .completed)
            #expect(try await service.show(held.id).state == .sent)
          }
        }
      }
    }
  }

  @Test func resultWithoutALeaderIsReadByTheNextLeader() async throws {
    try await Rig.with { rig, client in
      try await withClient(of: rig.server) { agentClient in
        let agent = try ScriptedAgent(Rig.uuid, agentClient) { _, _ in nil }
        try await agent.online {
          let first = try await rig.leading(client) { service in
            try await eventually("its journal is known") {
              service.fleet.state(Rig.uuid)?.keepsJournal == true
            }
            let command = try await service.submit(.init(agent: Rig.uuid, operation: "exec"))
            let other = try await service.submit(.init(agent: Rig.uuid, operation: "exec"))
            try await eventually("they are received") { agent.received.withLock { $0.count } == 2 }
            try agent.answer(ResultPayload(commandID: command.id, status: .completed))
            #expect(try await service.ended(command.id).state == .completed)
            try await eventually("the checkpoint is written") {
              try await rig.buckets.fleet.get(ResultReader.checkpointKey) != nil
            }
            return other.id
          }
          try agent.answer(ResultPayload(commandID: first, status: .failed))
          try await agentClient.flush()
          try await rig.leading(client) { service in
            let ended = try await service.ended(first)
            #expect(ended.state == .failed)
            #expect(agent.received.withLock { $0.count { $0 == first } } <= 2)
          }
        }
      }
    }
  }

  @Test func duplicateOrForeignResultChangesNothing() async throws {
    let other = "22222222-2222-4222-8222-222222222222"
    try await Rig.with(uuids: [Rig.uuid, other]) { rig, client in
      try await rig.leading(client) { service in
        try await withClient(of: rig.server) { agentClient in
          let agent = try ScriptedAgent(Rig.uuid, agentClient) { _, _ in nil }
          let hostile = try ScriptedAgent(other, agentClient)
          try await agent.online {
            let command = try await service.submit(.init(agent: Rig.uuid, operation: "exec"))
            try await eventually("it is received") { agent.received.withLock { $0 } == [command.id] }
            // A result for the command of another agent.
            try hostile.publish(.result, ResultPayload(commandID: command.id, status: .completed).json)
            try hostile.publish(.result, ResultPayload(commandID: "no-such-command", status: .completed).json)
            try hostile.publish(.result, "nonsense")
            try hostile.heartbeat()
            try await eventually("its events are folded") { service.fleet.state(other)?.lastHeartbeat != nil }
            #expect(try await service.show(command.id).state == .sent)
            var result = ResultPayload(commandID: command.id, status: .failed, code: .timedOut)
            try agent.answer(result)
            #expect(try await service.ended(command.id).state == .failed)
            result.status = .completed
            result.code = nil
            result.isReplayed = true
            try agent.publish(.result, result.json)
            try agent.heartbeat(uptime: 1001)
            try await eventually("that is folded") { service.fleet.state(Rig.uuid)?.uptime == 1001 }
            let shown = try await service.show(command.id)
            #expect(shown.state == .failed && shown.result?.objectValue?["status"] == "failed")
            #expect(rig.audit.count("command.ended", command.id) == 1)
          }
        }
      }
    }
  }

  @Test func resultAfterExpiryIsAccepted() async throws {
    try await Rig.with { rig, client in
      try await rig.leading(client) { service in
        try await withClient(of: rig.server) { agentClient in
          let agent = try ScriptedAgent(Rig.uuid, agentClient) { _, _ in nil }
          try await agent.online {
            let command = try await service.submit(
              .init(agent: Rig.uuid, operation: "exec", expiresInS: 1))
            try await eventually("it is received") { agent.received.withLock { $0 } == [command.id] }
            try await eventually("it has expired") { Double(command.expiresAt) + 0.6 < WallClock.now }
            #expect(try await service.show(command.id).state == .sent)
            try agent.answer(ResultPayload(commandID: command.id, status: .completed))
            #expect(try await service.ended(command.id).state == .completed)
          }
        }
      }
    }
  }

  @Test func undeliveredCommandIsRejectedAfterItsExpiry() async throws {
    try await Rig.with { rig, client in
      try await rig.leading(client) { service in
        try await withClient(of: rig.server) { agentClient in
          let agent = try ScriptedAgent(Rig.uuid, agentClient)
          // It has published a heartbeat and disconnected.
          try agent.heartbeat()
          try await eventually("it counts as alive") { service.fleet.state(Rig.uuid)?.lastHeartbeat != nil }
          let command = try await service.submit(.init(agent: Rig.uuid, operation: "exec", expiresInS: 1))
          try await eventually("it is sent") { try await service.show(command.id).state == .sent }
          try await eventually("it has expired") { Double(command.expiresAt) + 1.1 < WallClock.now }
          try await agent.online {
            let ended = try await service.ended(command.id)
            #expect(ended.state == .expired)
            #expect(agent.ran.withLock { $0 }.isEmpty)
          }
        }
      }
    }
  }

  @Test func cancelledPendingCommandIsNeverPublished() async throws {
    try await Rig.with { rig, client in
      try await rig.leading(client) { service in
        let cancelled = try await service.submit(.init(agent: Rig.uuid, operation: "exec"))
        let other = try await service.submit(.init(agent: Rig.uuid, operation: "exec"))
        let view: CommandView = try APICoding.value(
          from: try await service.ask(.commandsCancel, Requests.Command(id: cancelled.id)))
        #expect(view.state == .cancelled)
        try await withClient(of: rig.server) { agentClient in
          let agent = try ScriptedAgent(Rig.uuid, agentClient)
          try await agent.online {
            let ended = try await service.ended(other.id)
            #expect(ended.state == .completed)
            #expect(agent.received.withLock { $0 } == [other.id])
          }
        }
        #expect(try await service.show(cancelled.id).state == .cancelled)
        await #expect(throws: APIError.self) {
          try await service.ask(.commandsCancel, Requests.Command(id: other.id))
        }
      }
    }
  }

  @Test func cancelledRunningCommandIsCancelledAtTheAgent() async throws {
    try await Rig.with { rig, client in
      try await rig.leading(client) { service in
        try await withClient(of: rig.server) { agentClient in
          let agent = try ScriptedAgent(Rig.uuid, agentClient) { _, _ in nil }
          try await agent.online {
            try await eventually("it can cancel") { service.fleet.state(Rig.uuid)?.canCancel == true }
            let command = try await service.submit(.init(agent: Rig.uuid, operation: "exec"))
            try await eventually("it is received") { agent.received.withLock { $0 } == [command.id] }
            let view: CommandView = try APICoding.value(
              from: try await service.ask(.commandsCancel, Requests.Command(id: command.id)))
            #expect(view.state == .sent)
            try await eventually("the agent is asked to end it") {
              agent.operations.withLock { $0 } == ["agent.cancel \(command.id)"]
            }
            try agent.answer(ResultPayload(commandID: command.id, status: .failed, code: .cancelled))
            #expect(try await service.ended(command.id).state == .cancelled)
          }
        }
      }
    }
  }

  @Test func cancelledLostCommandIsNeverRun() async throws {
    try await Rig.with { rig, client in
      try await rig.leading(client) { service in
        try await withClient(of: rig.server) { agentClient in
          let agent = try ScriptedAgent(Rig.uuid, agentClient)
          try agent.announce()
          try agent.heartbeat()
          try await eventually("it is known") { service.fleet.state(Rig.uuid)?.keepsJournal == true }
          let command = try await service.submit(.init(agent: Rig.uuid, operation: "exec"))
          try await eventually("it is sent") { try await service.show(command.id).state == .sent }
          _ = try await service.ask(.commandsCancel, Requests.Command(id: command.id))
          try await agent.online {
            let ended = try await service.ended(command.id)
            #expect(ended.state == .cancelled)
            #expect(agent.ran.withLock { $0 }.isEmpty)
          }
        }
      }
    }
  }

  @Test func repeatedSubmissionIsOneCommand() async throws {
    try await Rig.with { rig, client in
      try await rig.leading(client) { service in
        let request = Requests.Submit(
          agent: Rig.uuid, operation: "exec", params: ["a": 1], id: "deploy-2026-11")
        let first = try await service.submit(request)
        let second = try await service.submit(request)
        #expect(first == second && rig.audit.count("commands.submit", first.id) == 1)
        var different = request
        different.params = ["a": 2]
        await #expect(throws: APIError(.conflict, "the id deploy-2026-11 was used for another command")) {
          try await service.submit(different)
        }
        await #expect(throws: APIError.self) {
          try await service.ask(.commandsSubmit, request, by: "somebody-else")
        }
        let list: [CommandView] = try APICoding.value(
          from: try await service.ask(.commandsList, Requests.ListCommands(agent: Rig.uuid)))
        #expect(list.map(\.id) == [first.id])
      }
    }
  }

  @Test func resultOfMaximumSizeIsStoredAndShown() async throws {
    try await Rig.with { rig, client in
      try await rig.leading(client) { service in
        try await withClient(of: rig.server) { agentClient in
          let size = (1 << 20) - 400
          let agent = try ScriptedAgent(Rig.uuid, agentClient) { id, _ in
            let around = JSONWriter.encode(
              ResultPayload(commandID: id, status: .completed, output: ["stdout": ""]).json
            ).count
            return ResultPayload(
              commandID: id, status: .completed,
              output: ["stdout": .string(String(repeating: "x", count: size - around))])
          }
          try await agent.online {
            let done = try client.subscribe(to: PlatformSubjects.allDone(of: "op"))
            let command = try await service.submit(.init(agent: Rig.uuid, operation: "exec"))
            #expect(try await service.ended(command.id).state == .completed)
            let notification = try await done.first()
            let view: CommandView = try APICoding.decode(from: Array(notification.payload.readableBytesView))
            #expect(view.result?.objectValue?["truncated"] == true)
            let reply = try await service.ask(.commandsShow, Requests.Command(id: command.id))
            let bytes = JSONWriter.encode(reply).count
            #expect(bytes > (1 << 20) - 2048 && bytes < (1 << 20) - 100)
          }
        }
      }
    }
  }

  @Test func commandSurvivesAServerRestart() async throws {
    try await Rig.with { rig, client in
      try await rig.leading(client) { service in
        let before = try await service.submit(.init(agent: Rig.uuid, operation: "exec"))
        try await rig.server.restart()
        try await withClient(of: rig.server) { agentClient in
          let agent = try ScriptedAgent(Rig.uuid, agentClient)
          try await eventually("the instance leads") { service.lease.isHeld }
          try await agent.online {
            #expect(try await service.ended(before.id).state == .completed)
            let after = try await service.submit(.init(agent: Rig.uuid, operation: "exec"))
            #expect(try await service.ended(after.id).state == .completed)
            #expect(agent.ran.withLock { $0 } == [before.id, after.id])
          }
        }
      }
    }
  }

  @Test func everyCommandHasOneResultWhenTheLeaderIsKilled() async throws {
    try await Rig.with { rig, client in
      try await withClient(of: rig.server) { firstClient in
        let first = rig.service(firstClient, "first")
        let second = rig.service(client, "second")
        try await withThrowingTaskGroup(of: Void.self) { group in
          // The leader's connection is cut while commands are in flight.
          group.addTask { await first.run() }
          try await eventually("the first leads") { first.lease.isHeld }
          group.addTask { await second.run() }
          await second.ready()
          try await withClient(of: rig.server) { agentClient in
            let agent = try ScriptedAgent(Rig.uuid, agentClient)
            try await agent.online {
              try await eventually("it is alive") { second.fleet.state(Rig.uuid)?.lastHeartbeat != nil }
              var ids: [String] = []
              for number in 0..<100 {
                if number == 50 { firstClient.close() }
                ids.append(try await second.submit(.init(agent: Rig.uuid, operation: "exec")).id)
              }
              try await eventually("the second leads") { second.lease.isHeld }
              for id in ids { #expect(try await second.ended(id).state == .completed) }
              #expect(agent.ran.withLock { $0 } == ids, "each once, in order")
              for id in ids {
                try await eventually("its end is audited once") { rig.audit.count("command.ended", id) == 1 }
              }
            }
          }
          group.cancelAll()
        }
      }
    }
  }

  @Test func stoppedLeaderHandsOverAtOnce() async throws {
    try await Rig.with { rig, client in
      let first = rig.service(client, "first")
      let second = rig.service(client, "second")
      try await withThrowingTaskGroup(of: Void.self) { group in
        try await rig.running(first) {
          try await eventually("the first leads") { first.lease.isHeld }
          group.addTask { await second.run() }
          await second.ready()
          #expect(await second.lease.holder() == "first" && !second.lease.isHeld)
        }
        let stopped = ContinuousClock.now
        try await eventually("the second leads") { second.lease.isHeld }
        print("handed over after \(ContinuousClock.now - stopped); the lease would run out after 5 s")
        group.cancelAll()
      }
    }
  }
}
