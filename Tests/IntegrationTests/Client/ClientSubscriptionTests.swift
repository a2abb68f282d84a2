import NATS
import NATSTesting
import NIOCore
import Testing

@Suite struct ClientSubscriptionTests {
  @Test func endsAfterTheGivenNumberOfMessages() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let subscription = try client.subscribe(to: "a")
      subscription.unsubscribe(after: 7)
      for number in 0..<20 { try client.publish([UInt8(number)], to: "a") }
      let numbers = try await within(testTimeout) {
        var numbers: [UInt8] = []
        for await message in subscription { numbers += Array(message.payload.readableBytesView) }
        return numbers
      }
      #expect(numbers == Array(0..<7))
      #expect(client.statistics.subscriptions == 0)
    }
  }

  @Test func queueGroupSharesMessages() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let one = try client.subscribe(to: "a", queue: "q")
      let two = try client.subscribe(to: "a", queue: "q")
      for _ in 0..<200 { try client.publish([], to: "a") }
      try await client.flush()
      #expect(one.received + two.received == 200)
      #expect(one.received > 0)
      #expect(two.received > 0)
    }
  }

  @Test func slowReaderDropsNewMessagesAndReportsIt() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let events = client.events
      let subscription = try client.subscribe(to: "a", maxPendingMessages: 10)
      for number in 0..<30 { try client.publish([UInt8(number)], to: "a") }
      try await client.flush()
      #expect(subscription.pendingMessages == 10)
      #expect(subscription.dropped == 20)
      #expect(client.statistics.dropped == 20)
      let event = try await events.first()
      guard case .slowConsumer("a", 1...20) = event else {
        Issue.record("unexpected: \(event)")
        return
      }
      let kept = try await subscription.collect(10)
      #expect(
        kept.map { $0.payload.getInteger(at: $0.payload.readerIndex, as: UInt8.self) } == (0..<10).map { $0 })
      try client.publish([99], to: "a")
      let next = try await subscription.first()
      #expect(next.payload.getInteger(at: next.payload.readerIndex, as: UInt8.self) == 99)
    }
  }

  @Test func scopedSubscriptionEnds() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      try await client.withSubscription(to: "a") { subscription in
        try client.publish([1], to: "a")
        _ = try await subscription.first()
        #expect(client.statistics.subscriptions == 1)
      }
      #expect(client.statistics.subscriptions == 0)
    }
  }

  @Test func cancelledReaderStops() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let subscription = try client.subscribe(to: "a")
      try await within(testTimeout) {
        await withTaskGroup(of: Void.self) { group in
          group.addTask { for await _ in subscription {} }
          group.cancelAll()
          await group.waitForAll()
        }
      }
    }
  }

  @Test func drainedSubscriptionKeepsPendingMessages() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let subscription = try client.subscribe(to: "a")
      for _ in 0..<500 { try client.publish([], to: "a") }
      try await subscription.drain()
      for _ in 0..<500 { try client.publish([], to: "a") }
      try await client.flush()
      let count = try await within(testTimeout) {
        var count = 0
        for await _ in subscription { count += 1 }
        return count
      }
      #expect(count == 500)
    }
  }

  @Test func severalReadersShareMessages() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let subscription = try client.subscribe(to: "a")
      subscription.unsubscribe(after: 1000)
      for _ in 0..<1000 { try client.publish([], to: "a") }
      let total = try await within(testTimeout) {
        await withTaskGroup(of: Int.self) { group in
          for _ in 0..<4 {
            group.addTask {
              var count = 0
              for await _ in subscription { count += 1 }
              return count
            }
          }
          return await group.reduce(0, +)
        }
      }
      #expect(total == 1000)
    }
  }

  @Test(arguments: ["", "a..b", "a b", ".a", "a.", "a\r\nPUB b 0\r\n"])
  func invalidSubjectsThrow(subject: String) throws {
    let client = try makeClient(configuration("nats://127.0.0.1:1"))
    let error = #expect(throws: NATSError.self) { try client.subscribe(to: subject) }
    #expect(error?.code == .invalidSubject)
    #expect(throws: NATSError.self) { try client.publish([], to: subject) }
    #expect(throws: NATSError.self) { try client.publish([], to: "a", replyTo: subject) }
    #expect(throws: NATSError.self) { try client.subscribe(to: "a", queue: subject.isEmpty ? "" : "a b") }
    #expect(throws: NATSError.self) { try client.subscribe(to: "a.>.b") }
  }

  @Test func ownMessagesAreReceivedOnlyWithEcho() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(configuration(server.url) { $0.echo = false }) { client in
      let subscription = try client.subscribe(to: "a")
      try client.publish([], to: "a")
      try await client.flush()
      #expect(subscription.received == 0)
    }
  }
}
