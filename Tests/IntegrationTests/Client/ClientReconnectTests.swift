import NATS
import NATSTesting
import NIOCore
import Testing

@Suite struct ClientReconnectTests {
  @Test func subscriptionsAreRestoredWithTheirQueueGroups() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let one = try client.subscribe(to: "a", queue: "q")
      let two = try client.subscribe(to: "a", queue: "q")
      try await client.flush()
      try await reconnect(client, by: server)
      for _ in 0..<100 { try client.publish([], to: "a") }
      try await client.flush()
      // Without the queue group, both would receive all messages.
      #expect(one.received + two.received == 100)
      #expect(one.received > 0)
      #expect(two.received > 0)
      #expect(client.statistics.reconnects == 1)
    }
  }

  @Test func limitOfASubscriptionSurvivesAReconnect() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let subscription = try client.subscribe(to: "a")
      subscription.unsubscribe(after: 10)
      for _ in 0..<4 { try client.publish([], to: "a") }
      try await client.flush()
      #expect(subscription.received == 4)
      try await reconnect(client, by: server)
      for _ in 0..<20 { try client.publish([], to: "a") }
      try await client.flush()
      #expect(subscription.received == 10)
      // A limit that is set later also counts earlier messages.
      let late = try client.subscribe(to: "b")
      for _ in 0..<3 { try client.publish([], to: "b") }
      try await client.flush()
      try await reconnect(client, by: server)
      late.unsubscribe(after: 5)
      for _ in 0..<20 { try client.publish([], to: "b") }
      let count = try await within(testTimeout) {
        var count = 0
        for await _ in late { count += 1 }
        return count
      }
      #expect(count == 5)
    }
  }

  @Test func publishesAreBufferedUntilConnected() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let subscription = try client.subscribe(to: "a")
      try await client.flush()
      let events = client.events
      server.stop()
      _ = try await events.first { if case .disconnected = $0 { true } else { false } }
      #expect(client.state == .reconnecting)
      for number in 0..<100 { try client.publish([UInt8(number)], to: "a") }
      try await server.start()
      let messages = try await subscription.collect(100)
      #expect(
        messages.map { $0.payload.getInteger(at: $0.payload.readerIndex, as: UInt8.self) }
          == (0..<100).map { $0 })
      #expect(messages.allSatisfy { $0.connectionID == 2 })
    }
  }

  @Test func fullPendingBufferRejectsAndIsDelivered() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let subscription = try client.subscribe(to: "a", maxPendingMessages: 1_000_000)
      try await client.flush()
      let events = client.events
      server.stop()
      _ = try await events.first { if case .disconnected = $0 { true } else { false } }
      let payload = [UInt8](repeating: 1, count: 1000)
      var accepted: UInt64 = 0
      let error = #expect(throws: NATSError.self) {
        while true {
          try client.publish(payload, to: "a")
          accepted += 1
        }
      }
      #expect(error?.code == .pendingBufferFull)
      #expect(client.statistics.refused == 1)
      #expect(client.statistics.pendingBytes <= 8 << 20)
      #expect(accepted > 8000)
      try await server.start()
      _ = try await subscription.collect(Int(accepted))
      #expect(subscription.received == accepted)
    }
  }

  @Test func connectsOnceThePasswordIsCorrected() async throws {
    let server = try await NATSServerProcess.start { _ in "authorization { user: a, password: wrong }" }
    let client = try makeClient(
      configuration(server.url) { $0.credentials = { .userPassword("a", "right") } })
    let events = client.events
    try await running(client) {
      // More than two failures, after which some clients give up.
      let seen = try await events.collect(5)
      for event in seen {
        guard case .connectFailed(_, let error, _) = event else {
          Issue.record("unexpected: \(event)")
          return
        }
        #expect(error.code == .authorizationViolation)
        #expect(!error.message.contains("right"))
      }
      let later = client.events
      try server.reload("authorization { user: a, password: right }")
      _ = try await later.first { if case .connected = $0 { true } else { false } }
    }
  }

  @Test func credentialsAreReloadedForEachConnect() async throws {
    let server = try await NATSServerProcess.start { _ in "authorization { user: a, password: one }" }
    let password = MutableBox("one")
    let configuration = try configuration(server.url) {
      $0.credentials = { .userPassword("a", password.value) }
    }
    try await withClient(configuration) { client in
      let events = client.events
      password.value = "two"
      try server.reload("authorization { user: a, password: two }")
      _ = try await events.first {
        if case .connected(2..., _, _) = $0 { true } else { false }
      }
    }
  }

  @Test func connectsOnceTheServerStarts() async throws {
    let server = try NATSServerProcess.make()
    let client = try makeClient(configuration(server.url))
    let subscription = try client.subscribe(to: "a")
    try client.publish([7], to: "a")
    let events = client.events
    try await running(client) {
      let event = try await events.first()
      guard case .connectFailed = event else {
        Issue.record("unexpected: \(event)")
        return
      }
      try await server.start()
      let message = try await subscription.first()
      #expect(message.connectionID == 1)
    }
  }

  @Test func runThrowsAfterMaxReconnects() async throws {
    let server = try await NATSServerProcess.start()
    let client = try makeClient(
      configuration(server.url) {
        $0.reconnect = NATSReconnectPolicy(
          initialDelay: .milliseconds(1), maxDelay: .milliseconds(5), maxReconnects: 3)
      })
    let events = client.events
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        let error = await #expect(throws: NATSError.self) { try await client.run() }
        #expect(error?.code == .reconnectsExhausted)
      }
      _ = try await events.first { if case .connected = $0 { true } else { false } }
      let later = client.events
      server.stop()
      try await group.waitForAll()
      var failures = 0
      for await event in later { if case .connectFailed = event { failures += 1 } }
      #expect(failures == 3)
      #expect(client.state == .closed)
    }
  }

  @Test func runThrowsTheFirstErrorWithoutRetries() async throws {
    let server = try NATSServerProcess.make()
    let client = try makeClient(configuration(server.url) { $0.retryOnFailedInitialConnect = false })
    let error = await #expect(throws: NATSError.self) { try await client.run() }
    #expect(error?.code == .connectionFailed)
  }

  @Test func runReturnsWhenCancelled() async throws {
    let server = try await NATSServerProcess.start()
    let client = try makeClient(configuration(server.url))
    let events = client.events
    try await within(testTimeout) {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        _ = try await events.first { if case .connected = $0 { true } else { false } }
        group.cancelAll()
        try await group.waitForAll()
      }
    }
    #expect(client.state == .closed)
    #expect(throws: NATSError.self) { try client.publish([], to: "a") }
  }

  private func reconnect(_ client: NATSClient, by server: NATSServerProcess) async throws {
    let events = client.events
    try await server.restart()
    _ = try await events.first { if case .connected = $0 { true } else { false } }
  }
}
