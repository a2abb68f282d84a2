import JetStream
import NATS
import NATSTesting
import NIOCore
import Testing

@Suite struct OrderedConsumerTests {
  @Test func readsFromTheDeliverPolicy() async throws {
    try await withJetStream { jetStream, _ in
      try await jetStream.makeStream("S")
      try await jetStream.fill("S", 1...30)
      let all = try await jetStream.orderedConsumer(stream: "S", .init(batch: 4)).collect(30)
      #expect(all.map(\.streamSequence) == Array(1...30))
      let some = jetStream.orderedConsumer(
        stream: "S", .init(deliverPolicy: .startSequence(20), filterSubjects: ["S.1", "S.2"]))
      #expect(try await some.collect(2).map(\.streamSequence) == [21, 22])
      let last = jetStream.orderedConsumer(stream: "S", .init(deliverPolicy: .lastPerSubject))
      #expect(try await last.collect(10).map(\.streamSequence) == Array(21...30))
      let timed = jetStream.orderedConsumer(
        stream: "S", .init(deliverPolicy: .startTime(all[9].time + 0.0005)))
      #expect(try await timed.first().streamSequence > 9)
    }
  }

  @Test func consumerIsDeletedAfterwards() async throws {
    try await withJetStream { jetStream, _ in
      try await jetStream.makeStream("S")
      try await jetStream.fill("S", 1...3)
      for _ in 0..<3 { _ = try await jetStream.orderedConsumer(stream: "S").collect(3) }
      try await within(testTimeout) {
        while try await jetStream.stream("S").state.consumers > 0 {
          try await Task.sleep(for: .milliseconds(5))
        }
      }
    }
  }

  @Test func resumesAfterItsConsumerIsDeleted() async throws {
    try await withJetStream { jetStream, _ in
      try await jetStream.makeStream("S")
      try await jetStream.fill("S", 1...5)
      let seen = try await within(testTimeout) {
        var seen: [UInt64] = []
        for try await message in jetStream.orderedConsumer(stream: "S", .init(batch: 2)) {
          seen.append(message.streamSequence)
          if seen.count % 2 == 1 {
            try await jetStream.deleteConsumer(stream: "S", name: message.consumer)
          }
          if seen.count == 5 { try await jetStream.fill("S", 6...7) }
          if seen.count == 7 { break }
        }
        return seen
      }
      #expect(seen == Array(1...7))
    }
  }

  @Test func isCompleteAcrossRestarts() async throws {
    try await withJetStream { jetStream, server in
      try await jetStream.makeStream("S")
      try await jetStream.fill("S", 1...20)
      let seen = try await within(testTimeout) {
        var seen: [UInt64] = []
        for try await message in jetStream.orderedConsumer(stream: "S", .init(batch: 4)) {
          seen.append(message.streamSequence)
          if seen.count == 7 || seen.count == 20 { try await server.restart(seenBy: jetStream.client) }
          if seen.count == 20 { try await jetStream.fill("S", 21...25) }
          if seen.count == 25 { break }
        }
        return seen
      }
      #expect(seen == Array(1...25))
    }
  }

  @Test func restartsWithARecreatedStream() async throws {
    try await withJetStream { jetStream, server in
      // Kept in memory, so a restart empties it.
      try await jetStream.makeStream("S") { $0.storage = .memory }
      try await jetStream.fill("S", 1...5)
      let seen = try await within(testTimeout) {
        var seen: [String] = []
        for try await message in jetStream.orderedConsumer(stream: "S") {
          seen.append(String(buffer: message.payload))
          if seen.count == 5 {
            try await server.restart(seenBy: jetStream.client)
            _ = try await jetStream.ensureStream(StreamConfiguration.memory("S"))
            try await jetStream.fill("S", 101...102)
          }
          if seen.count == 7 { break }
        }
        return seen
      }
      #expect(seen == ["1", "2", "3", "4", "5", "101", "102"])
    }
  }

  @Test func resumesAfterTheServerWasStopped() async throws {
    try await withJetStream { jetStream, server in
      try await jetStream.makeStream("S")
      try await jetStream.fill("S", 1...2)
      let seen = try await within(testTimeout) {
        var seen: [UInt64] = []
        for try await message in jetStream.orderedConsumer(stream: "S", .init(heartbeat: .milliseconds(200)))
        {
          seen.append(message.streamSequence)
          if seen.count == 2 {
            server.freeze()
            // Longer than two heartbeats.
            try await Task.sleep(for: .seconds(1))
            server.thaw()
            try await jetStream.fill("S", 3...4)
          }
          if seen.count == 4 { break }
        }
        return seen
      }
      #expect(seen == Array(1...4))
    }
  }

  @Test func missingStreamThrowsNotFound() async throws {
    try await withJetStream { jetStream, _ in
      await expect(.notFound) { for try await _ in jetStream.orderedConsumer(stream: "S") {} }
    }
  }

  @Test func newPolicySkipsEarlierMessagesAfterAReset() async throws {
    try await withJetStream { jetStream, _ in
      let bucket = try await jetStream.createKeyValue(KeyValueConfiguration(bucket: "b", history: 5))
      try await bucket.put("a", [1])
      let elements = try await within(testTimeout) {
        var elements: [KeyValueWatch.Element] = []
        for try await element in bucket.watch(options: WatchOptions(start: .updates)) {
          elements.append(element)
          if elements.count == 1 {
            // The consumer is deleted before the first delivery. Changes in the meantime still have to be delivered.
            for name in try await jetStream.consumerNames(stream: "KV_b") {
              try await jetStream.deleteConsumer(stream: "KV_b", name: name)
            }
            try await bucket.put("a", [2])
          }
          if elements.count == 2 { break }
        }
        return elements
      }
      #expect(elements.first == .current)
      if case .entry(let entry) = elements.last {
        #expect(entry.revision == 2)
      } else {
        Issue.record("\(elements)")
      }
    }
  }
}

extension StreamConfiguration {
  fileprivate static func memory(_ name: String) -> StreamConfiguration {
    var configuration = StreamConfiguration(name: name, subjects: ["\(name).>"])
    configuration.storage = .memory
    return configuration
  }
}
