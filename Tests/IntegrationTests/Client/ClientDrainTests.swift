import NATS
import NATSTesting
import Testing

@Suite struct ClientDrainTests {
  @Test func drainProcessesPendingMessages() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { requester in
      let answers = try requester.subscribe(to: "answers")
      try await requester.flush()
      let client = try makeClient(configuration(server.url))
      let events = client.events
      let received = try await withThrowingTaskGroup(of: Int.self) { group in
        group.addTask {
          try await client.run()
          return 0
        }
        _ = try await events.first { if case .connected = $0 { true } else { false } }
        let work = try client.subscribe(to: "work")
        try await client.flush()
        group.addTask {
          var count = 0
          for await message in work {
            count += 1
            // Slow processing, so that the drain starts with pending messages.
            if count % 100 == 0 { try await Task.sleep(for: .milliseconds(1)) }
            try client.publish(message.payload, to: "answers")
          }
          return count
        }
        group.addTask {
          for _ in 0..<5000 { try await requester.publishWithBackpressure([1], to: "work") }
          return 0
        }
        while work.received < 1000 { await Task.yield() }
        try await client.drain(timeout: .seconds(20))
        var count = 0
        for try await part in group { count += part }
        return count
      }
      #expect(received >= 1000)
      _ = try await answers.collect(received)
      try await requester.flush()
      #expect(answers.received == UInt64(received))
      #expect(client.state == .closed)
    }
  }

  @Test func subscribeDuringDrainThrows() async throws {
    let server = try await NATSServerProcess.start()
    let client = try makeClient(configuration(server.url))
    let events = client.events
    try await running(client) {
      _ = try await events.first { if case .connected = $0 { true } else { false } }
      try await client.drain(timeout: .seconds(5))
      #expect(throws: NATSError.self) { try client.subscribe(to: "a") }
      #expect(throws: NATSError.self) { try client.publish([], to: "a") }
    }
  }

  @Test func drainTimesOutOnAReaderThatDoesNotFinish() async throws {
    let server = try await NATSServerProcess.start()
    let client = try makeClient(configuration(server.url))
    let events = client.events
    let subscription = try client.subscribe(to: "a")
    try await running(client) {
      _ = try await events.first { if case .connected = $0 { true } else { false } }
      var iterator = subscription.makeAsyncIterator()
      try client.publish([], to: "a")
      _ = await iterator.next()
      let error = await #expect(throws: NATSError.self) {
        try await client.drain(timeout: .milliseconds(200))
      }
      #expect(error?.code == .timeout)
      withExtendedLifetime(iterator) {}
    }
    #expect(client.state == .closed)
  }

  @Test func drainWithoutConnectionCloses() async throws {
    let server = try NATSServerProcess.make()
    let client = try makeClient(configuration(server.url))
    try await running(client) {
      let error = await #expect(throws: NATSError.self) {
        try await client.drain(timeout: .milliseconds(100))
      }
      #expect(error?.code == .notConnected)
    }
    #expect(client.state == .closed)
  }
}
