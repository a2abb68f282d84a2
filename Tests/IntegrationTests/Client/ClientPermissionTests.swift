import NATS
import NATSTesting
import NIOCore
import Testing

/// Permissions that change during a connection.
@Suite struct ClientPermissionTests {
  private static func users(_ subscribe: String) -> String {
    """
    authorization { users [
      { user: u, password: p, permissions: { subscribe: { allow: [\(subscribe)] }, publish: { allow: [">"] } } }
    ] }
    """
  }

  private func withUser(
    _ allowed: String, _ body: (NATSServerProcess, NATSClient) async throws -> Void
  ) async throws {
    let server = try await NATSServerProcess.start { _ in Self.users(allowed) }
    let settings = try configuration(server.url) { $0.credentials = { .userPassword("u", "p") } }
    try await withClient(settings) { try await body(server, $0) }
  }

  @Test func subscriptionIsRestoredWithItsPermission() async throws {
    try await withUser("a, b, \"_INBOX.>\"") { server, client in
      let plain = try client.subscribe(to: "a")
      let grouped = try client.subscribe(to: "a", queue: "q")
      let other = try client.subscribe(to: "b")
      try await client.flush()
      let events = client.events
      try server.reload(Self.users("b"))
      _ = try await events.first { if case .permissionsViolation = $0 { true } else { false } }
      try await until { client.refusedSubjects == ["a", "a"] }
      #expect(client.state.connectionID == 1)
      let later = client.events
      try server.reload(Self.users("a, b"))
      for _ in 0..<2 {
        _ = try await later.first { if case .subscriptionRestored("a") = $0 { true } else { false } }
      }
      #expect(client.refusedSubjects.isEmpty)
      for subject in ["a", "b"] { try client.publish([1], to: subject) }
      try await client.flush()
      for subscription in [plain, grouped, other] { #expect(subscription.received == 1) }
      #expect(client.state.connectionID == 1)
    }
  }

  @Test func refusedSubscriptionIsMadeOncePermitted() async throws {
    try await withUser("b") { server, client in
      let events = client.events
      let subscription = try client.subscribe(to: "a", queue: "q")
      _ = try await events.first { if case .permissionsViolation = $0 { true } else { false } }
      #expect(client.refusedSubjects == ["a"])
      try server.reload(Self.users("a"))
      // The reload is complete when the server accepts a new connection.
      try await until {
        await client.retryRefusedSubscriptions()
        return client.refusedSubjects.isEmpty
      }
      try client.publish([1], to: "a")
      _ = try await subscription.first()
    }
  }

  @Test func reconnectClearsARefusal() async throws {
    try await withUser("b") { server, client in
      let subscription = try client.subscribe(to: "a")
      subscription.unsubscribe(after: 3)
      try await client.flush()
      #expect(client.refusedSubjects == ["a"])
      let events = client.events
      server.stop()
      _ = try await events.first { if case .disconnected = $0 { true } else { false } }
      #expect(client.refusedSubjects == ["a"])
      try server.reload(Self.users("a"))
      try await server.start()
      _ = try await events.first { if case .subscriptionRestored("a") = $0 { true } else { false } }
      for _ in 0..<5 { try client.publish([1], to: "a") }
      try await client.flush()
      #expect(subscription.received == 3)
    }
  }

  @Test func unsubscribedSubjectIsNotRetried() async throws {
    try await withUser("b") { server, client in
      let subscription = try client.subscribe(to: "a")
      try await client.flush()
      subscription.unsubscribe()
      #expect(client.refusedSubjects.isEmpty)
      try server.reload(Self.users("a"))
      await client.retryRefusedSubscriptions()
      try client.publish([1], to: "a")
      try await client.flush()
      #expect(client.statistics.inMessages == 0)
    }
  }

  @Test func requestFailsWhileItsInboxIsRefused() async throws {
    try await withUser("a") { server, client in
      let responder = try client.subscribe(to: "a")
      try await client.flush()
      let error = await #expect(throws: NATSError.self) {
        _ = try await client.request([], to: "b", timeout: .seconds(60))
      }
      #expect(error?.code == .permissionsViolation)
      #expect(error?.subject?.hasPrefix("_INBOX.") == true)
      try server.reload(Self.users("a, \"_INBOX.>\""))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { for await message in responder { try message.reply([7]) } }
        try await until {
          do {
            return try await client.request([], to: "a").payload.readableBytes == 1
          } catch let error as NATSError where error.code == .permissionsViolation {
            return false
          }
        }
        group.cancelAll()
      }
    }
  }

  @Test func publishSucceedsOncePermittedAgain() async throws {
    let users = { (publish: String) in
      "authorization { users [ { user: u, password: p, permissions: { publish: { allow: [\(publish)] } } } ] }"
    }
    let server = try await NATSServerProcess.start { _ in users("a") }
    let settings = try configuration(server.url) { $0.credentials = { .userPassword("u", "p") } }
    try await withClient(settings) { client in
      let error = await #expect(throws: NATSError.self) { try await client.publishAndFlush([], to: "b") }
      #expect(error?.code == .permissionsViolation)
      #expect(client.refusedSubjects.isEmpty)
      try server.reload(users("b"))
      try await until {
        do {
          try await client.publishAndFlush([], to: "b")
          return true
        } catch {
          return false
        }
      }
      #expect(client.state.connectionID == 1)
    }
  }

  /// Polls until a condition holds.
  private func until(_ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + testTimeout
    while try await !condition() {
      try #require(ContinuousClock.now < deadline)
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}
