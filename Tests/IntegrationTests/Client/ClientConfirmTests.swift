import NATS
import NATSTesting
import Synchronization
import Testing

@Suite struct ClientConfirmTests {
  private static let permissions: @Sendable (NATSServerProcess.Ports) -> String = { _ in
    """
    authorization { users [ { user: a, password: a, permissions: {
      publish: { deny: ["no.>"] }, subscribe: { deny: ["closed"] } } } ] }
    """
  }

  @Test func publishAndFlushReturnsAfterDelivery() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let subscription = try client.subscribe(to: "a")
      try await client.publishAndFlush([1], to: "a", replyTo: "r", headers: NATSHeaders([("A", "b")]))
      let message = try await subscription.first()
      #expect(message.headers?["A"] == "b")
    }
  }

  @Test func onlyRefusedSubjectsThrow() async throws {
    let server = try await NATSServerProcess.start(Self.permissions)
    let configuration = try configuration(server.url) { $0.credentials = { .userPassword("a", "a") } }
    try await withClient(configuration) { client in
      let events = client.events
      let outcomes = await withTaskGroup(of: (String, NATSError.Code?).self) { group in
        for number in 0..<100 {
          let subject = number % 3 == 0 ? "no.\(number)" : "yes.\(number)"
          group.addTask {
            do throws(NATSError) {
              try await client.publishAndFlush([], to: subject)
              return (subject, nil)
            } catch {
              return (subject, error.code)
            }
          }
        }
        return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
      }
      for number in 0..<100 {
        if number % 3 == 0 {
          #expect(outcomes["no.\(number)"] == .some(.permissionsViolation))
        } else {
          #expect(outcomes["yes.\(number)"] == nil)
        }
      }
      let event = try await events.first()
      guard case .permissionsViolation(let error) = event else {
        Issue.record("unexpected: \(event)")
        return
      }
      #expect(error.subject?.hasPrefix("no.") == true)
      // The first connection is still in use.
      #expect(client.state.connectionID == 1)
    }
  }

  @Test func refusedSubscriptionIsReportedAndOthersWork() async throws {
    let server = try await NATSServerProcess.start(Self.permissions)
    let configuration = try configuration(server.url) { $0.credentials = { .userPassword("a", "a") } }
    try await withClient(configuration) { client in
      let events = client.events
      _ = try client.subscribe(to: "closed")
      let open = try client.subscribe(to: "open")
      let event = try await events.first()
      guard case .permissionsViolation(let error) = event else {
        Issue.record("unexpected: \(event)")
        return
      }
      #expect(error.subject == "closed")
      try client.publish([], to: "open")
      _ = try await open.first()
    }
  }

  @Test func concurrentConfirmationsShareAPing() async throws {
    let pings = Mutex(0)
    let server = try await ScriptedServer(answer: { line, _ in
      if line == "PING" { pings.withLock { $0 += 1 } }
      return nil
    })
    try await withClient(configuration(server.url)) { client in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<2000 { group.addTask { try await client.publishAndFlush([0x61], to: "a") } }
        try await group.waitForAll()
      }
      #expect(pings.withLock { $0 } < 500)
    }
  }

  @Test func flushReturnsAfterEarlierPublishes() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      // When a flush returns, all messages published before it have arrived.
      let subscription = try client.subscribe(to: "a")
      for number in 1...50 {
        try client.publish([], to: "a")
        try await client.flush()
        #expect(subscription.received == UInt64(number))
      }
    }
  }

  @Test func publishAndFlushWithoutConnectionThrowsNotConnected() async throws {
    let server = try NATSServerProcess.make()
    try await withClient(configuration(server.url), connected: false) { client in
      let error = await #expect(throws: NATSError.self) { try await client.publishAndFlush([], to: "a") }
      #expect(error?.code == .notConnected)
      let flush = await #expect(throws: NATSError.self) { try await client.flush() }
      #expect(flush?.code == .notConnected)
    }
  }

  @Test func publishAndFlushOnAnotherConnectionThrows() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      try await client.publishAndFlush([], to: "a", on: 1)
      let error = await #expect(throws: NATSError.self) {
        try await client.publishAndFlush([], to: "a", on: 2)
      }
      #expect(error?.code == .connectionClosed)
    }
  }

  @Test func lostConnectionFailsConfirmations() async throws {
    let server = try await ScriptedServer(answer: { line, number in
      guard number == 1 else { return nil }
      if line.hasPrefix("PUB") { return ScriptedServer.hangUp }
      return nil
    })
    try await withClient(configuration(server.url)) { client in
      let error = await #expect(throws: NATSError.self) { try await client.publishAndFlush([], to: "a") }
      #expect(error?.code == .connectionClosed)
    }
  }

  @Test func confirmationsTimeOutAndCanBeCancelled() async throws {
    let server = try await ScriptedServer(answer: { line, _ in
      line.hasPrefix("CONNECT") ? "PONG\r\n" : ""
    })
    try await withClient(configuration(server.url)) { client in
      let late = await #expect(throws: NATSError.self) {
        try await client.publishAndFlush([], to: "a", timeout: .milliseconds(50))
      }
      #expect(late?.code == .timeout)
      try await withThrowingTaskGroup(of: NATSError.Code?.self) { group in
        group.addTask {
          do throws(NATSError) {
            try await client.publishAndFlush([], to: "a")
            return nil
          } catch {
            return error.code
          }
        }
        group.cancelAll()
        let code = try await group.next()
        #expect(code == .some(.cancelled))
      }
    }
  }

  @Test func tooLargePublishThrows() async throws {
    let server = try await NATSServerProcess.start { _ in "max_payload: 1000" }
    try await withClient(of: server) { client in
      try client.publish([UInt8](repeating: 0, count: 1000), to: "a")
      let error = #expect(throws: NATSError.self) {
        try client.publish([UInt8](repeating: 0, count: 1001), to: "a")
      }
      #expect(error?.code == .payloadTooLarge)
      let headers = try NATSHeaders([("A", "b")])
      #expect(throws: NATSError.self) {
        try client.publish([UInt8](repeating: 0, count: 990), to: "a", headers: headers)
      }
      try await client.flush()
      #expect(client.state.connectionID == 1)
    }
  }
}
