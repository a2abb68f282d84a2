import JetStream
import NATS
import NATSTesting
import NIOCore
import Testing

@Suite struct ConsumerTests {
  @Test func fetchReturnsAvailableMessages() async throws {
    try await withJetStream { jetStream, _ in
      try await jetStream.makeStream("S")
      try await jetStream.fill("S", 1...10)
      let consumer = try await jetStream.createConsumer(stream: "S", ConsumerConfiguration(name: "c"))
      let first = try await consumer.fetch(batch: 4, expires: testTimeout)
      #expect(first.map(\.streamSequence) == [1, 2, 3, 4])
      #expect(first.map(\.pending) == [9, 8, 7, 6] && first.allSatisfy { $0.deliveredCount == 1 })
      #expect(first.first?.stream == "S" && first.first?.consumer == "c")
      for message in first { try await message.ackSync() }
      let rest = try await consumer.fetch(batch: 100, expires: .zero)
      #expect(rest.map(\.streamSequence) == [5, 6, 7, 8, 9, 10])
      let info = try await consumer.info()
      #expect(info.ackFloorStreamSequence == 4 && info.ackPending == 6 && info.pending == 0)
      for message in rest { try message.ack() }
      #expect(try await consumer.fetch(batch: 5, expires: .zero).isEmpty)
    }
  }

  @Test(arguments: [Duration.milliseconds(1), .milliseconds(150), .milliseconds(700)])
  func fetchWithoutMessagesReturnsInTime(_ expires: Duration) async throws {
    try await withJetStream { jetStream, _ in
      try await jetStream.makeStream("S")
      let consumer = try await jetStream.createConsumer(stream: "S", ConsumerConfiguration(name: "c"))
      #expect(try await within(testTimeout) { try await consumer.fetch(batch: 1, expires: expires) }.isEmpty)
    }
  }

  @Test func fetchLimitsBytes() async throws {
    try await withJetStream { jetStream, _ in
      try await jetStream.makeStream("S")
      for _ in 0..<5 { try await jetStream.publish([UInt8](repeating: 1, count: 1000), to: "S.x") }
      let consumer = try await jetStream.createConsumer(stream: "S", ConsumerConfiguration(name: "c"))
      let some = try await consumer.fetch(batch: 5, maxBytes: 2500, expires: testTimeout)
      #expect(some.count == 2)
      // A fetch with a message that never fits ends as well.
      #expect(try await consumer.fetch(batch: 5, maxBytes: 10, expires: testTimeout).isEmpty)
    }
  }

  @Test func unacknowledgedMessagesAreRedelivered() async throws {
    try await withJetStream { jetStream, _ in
      try await jetStream.makeStream("S")
      try await jetStream.fill("S", 1...3)
      var configuration = ConsumerConfiguration(name: "c")
      configuration.ackWait = .seconds(300)
      let consumer = try await jetStream.createConsumer(stream: "S", configuration)
      let first = try await consumer.fetch(batch: 3, expires: testTimeout)
      try first[0].nak()
      try first[1].term()
      try first[2].inProgress()
      let again = try await consumer.fetch(batch: 1, expires: testTimeout)
      #expect(again.map(\.streamSequence) == [1] && again.first?.deliveredCount == 2)
      try again[0].nak(delay: .milliseconds(1))
      #expect(try await consumer.fetch(batch: 1, expires: testTimeout).first?.deliveredCount == 3)
    }
  }

  @Test func messagesThrowWhenTheConsumerIsDeleted() async throws {
    try await withJetStream { jetStream, _ in
      try await jetStream.makeStream("S")
      let consumer = try await jetStream.createConsumer(stream: "S", ConsumerConfiguration(name: "c"))
      let waiting = try await within(testTimeout) {
        try await withThrowingTaskGroup(of: JetStreamError.Code?.self) { group in
          group.addTask { await code { _ = try await consumer.fetch(batch: 1, expires: .seconds(600)) } }
          group.addTask { await code { for try await _ in consumer.messages() {} } }
          while try await consumer.info().waiting < 2 { try await Task.sleep(for: .milliseconds(5)) }
          try await jetStream.deleteConsumer(stream: "S", name: "c")
          return try await group.reduce(into: []) { $0.append($1) }
        }
      }
      #expect(waiting == [.notFound, .notFound])
      await expect(.notFound) { _ = try await consumer.fetch(batch: 1) }
      await expect(.notFound) { for try await _ in consumer.messages() {} }
      await expect(.notFound) { _ = try await consumer.info() }
    }
  }

  @Test func messagesArriveInOrderAcrossPulls() async throws {
    try await withJetStream { jetStream, _ in
      try await jetStream.makeStream("S") { $0.storage = .memory }
      for number in 1...3000 { try jetStream.client.publish(Array("\(number)".utf8), to: "S.x") }
      var configuration = ConsumerConfiguration(name: "c")
      configuration.maxAckPending = 10_000
      let consumer = try await jetStream.createConsumer(stream: "S", configuration)
      // A window much smaller than the stream, so that many pull requests are sent.
      let numbers = try await within(testTimeout) {
        var numbers: [UInt64] = []
        for try await message in consumer.messages(batch: 16) {
          try message.ack()
          numbers.append(message.streamSequence)
          if numbers.count == 3000 { break }
        }
        return numbers
      }
      #expect(numbers == Array(1...3000))
    }
  }

  @Test func messagesContinueAfterARestart() async throws {
    try await withJetStream { jetStream, server in
      try await jetStream.makeStream("S")
      let consumer = try await jetStream.createConsumer(stream: "S", ConsumerConfiguration(name: "c"))
      try await jetStream.fill("S", 1...3)
      let seen = try await within(testTimeout) {
        var seen: Set<UInt64> = []
        for try await message in consumer.messages(batch: 8) {
          try await message.ackSync()
          seen.insert(message.streamSequence)
          if seen.count == 3 {
            try await server.restart(seenBy: jetStream.client)
            try await jetStream.fill("S", 4...6)
          }
          if seen.count == 6 { break }
        }
        return seen
      }
      #expect(seen == [1, 2, 3, 4, 5, 6])
    }
  }

  @Test func fetchContinuesAfterARestart() async throws {
    try await withJetStream { jetStream, server in
      try await jetStream.makeStream("S")
      let consumer = try await jetStream.createConsumer(stream: "S", ConsumerConfiguration(name: "c"))
      let messages = try await within(testTimeout) {
        try await withThrowingTaskGroup(of: [JetStreamMessage].self) { group in
          group.addTask { try await consumer.fetch(batch: 2, expires: .seconds(50)) }
          while try await consumer.info().waiting < 1 { try await Task.sleep(for: .milliseconds(5)) }
          try await server.restart(seenBy: jetStream.client)
          try await jetStream.fill("S", 1...2)
          return try await group.reduce(into: []) { $0 += $1 }
        }
      }
      #expect(messages.map(\.streamSequence) == [1, 2])
    }
  }

  @Test func fetchReturnsWhileTheServerIsStopped() async throws {
    try await withJetStream { jetStream, server in
      try await jetStream.makeStream("S")
      let consumer = try await jetStream.createConsumer(stream: "S", ConsumerConfiguration(name: "c"))
      server.freeze()
      defer { server.thaw() }
      #expect(
        try await within(testTimeout) { try await consumer.fetch(batch: 1, expires: .seconds(1)) }.isEmpty)
    }
  }

  @Test func messagesEndWhenCancelledOrClosed() async throws {
    try await withJetStream { jetStream, server in
      try await jetStream.makeStream("S")
      let consumer = try await jetStream.createConsumer(stream: "S", ConsumerConfiguration(name: "c"))
      let bucket = try await jetStream.createKeyValue(KeyValueConfiguration(bucket: "b"))
      try await within(testTimeout) {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { for try await _ in consumer.messages() {} }
          group.addTask { for try await _ in jetStream.orderedConsumer(stream: "S") {} }
          group.addTask { for try await _ in bucket.watch() {} }
          while try await consumer.info().waiting < 1 { try await Task.sleep(for: .milliseconds(5)) }
          group.cancelAll()
          try await group.waitForAll()
        }
      }
      let other = makeClient(try configuration(server.url))
      try await running(other) {
        let stream = JetStream(other).orderedConsumer(stream: "S")
        try await within(testTimeout) {
          try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for try await _ in stream {} }
            while try await jetStream.stream("S").state.consumers < 2 {
              try await Task.sleep(for: .milliseconds(5))
            }
            other.close()
            try await group.waitForAll()
          }
        }
      }
    }
  }
}

/// The code of the error that `body` throws.
func code(_ body: () async throws -> Void) async -> JetStreamError.Code? {
  do {
    try await body()
    return nil
  } catch {
    return (error as? JetStreamError)?.code
  }
}
