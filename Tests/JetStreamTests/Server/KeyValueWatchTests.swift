import JetStream
import NATSTesting
import Testing

@Suite struct KeyValueWatchTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func emptyBucketIsCurrentAtOnce() async throws {
    try await withJetStream { jetStream, _ in
      let bucket = try await jetStream.createKeyValue(KeyValueConfiguration(bucket: "b"))
      let first = try await bucket.watch().collect(1)
      #expect(first == [.current])
    }
  }

  @Test func watchReturnsValuesThenChanges() async throws {
    try await withJetStream { jetStream, _ in
      let bucket = try await jetStream.createKeyValue(KeyValueConfiguration(bucket: "b", history: 3))
      try await bucket.put("a", bytes("0"))
      try await bucket.put("a", bytes("1"))
      try await bucket.put("b", bytes("2"))
      let elements = try await within(testTimeout) {
        var elements: [String] = []
        for try await element in bucket.watch() {
          switch element {
          case .current:
            elements.append("current")
            try await bucket.delete("a")
            try await bucket.put("c", Array("3".utf8))
          case .entry(let entry):
            elements.append("\(entry.key)=\(String(decoding: entry.value, as: UTF8.self)) \(entry.operation)")
          }
          if elements.count == 5 { break }
        }
        return elements
      }
      #expect(elements == ["a=1 put", "b=2 put", "current", "a= delete", "c=3 put"])
      let history = try await bucket.watch("a", options: WatchOptions(start: .history)).collect(4)
      #expect(history.last == .current)
      let puts = try await bucket.watch(options: WatchOptions(ignoresDeletes: true)).collect(3)
      #expect(puts.last == .current)
      let updates = try await bucket.watch(options: WatchOptions(start: .updates)).collect(1)
      #expect(updates == [.current])
    }
  }

  @Test func watchContinuesAfterARestart() async throws {
    try await withJetStream { jetStream, server in
      let bucket = try await jetStream.createKeyValue(KeyValueConfiguration(bucket: "b"))
      try await bucket.put("a", bytes("1"))
      let seen = try await within(testTimeout) {
        var seen: [String] = []
        for try await element in bucket.watch() {
          switch element {
          case .current:
            seen.append("current")
            try await server.restart(seenBy: jetStream.client)
            try await bucket.put("a", Array("2".utf8))
            try await bucket.put("b", Array("3".utf8))
          case .entry(let entry): seen.append("\(entry.key)\(entry.revision)")
          }
          if seen.count == 4 { break }
        }
        return seen
      }
      #expect(seen == ["a1", "current", "a2", "b3"])
    }
  }
}
