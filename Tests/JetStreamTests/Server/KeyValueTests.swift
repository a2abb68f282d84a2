import JetStream
import NATSTesting
import Testing

@Suite struct KeyValueTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func keysArePutReadAndDeleted() async throws {
    try await withJetStream { jetStream, _ in
      let bucket = try await jetStream.createKeyValue(KeyValueConfiguration(bucket: "b"))
      #expect(try await bucket.get("k.a") == nil)
      let revision = try await bucket.put("k.a", bytes("1"))
      for fromLeader in [false, true] {
        let entry = try await bucket.get("k.a", fromLeader: fromLeader)
        #expect(entry?.value == bytes("1") && entry?.revision == revision && entry?.operation == .put)
        #expect((entry?.time ?? 0) > 1_700_000_000)
      }
      try await bucket.delete("k.a")
      #expect(try await bucket.get("k.a") == nil)
      #expect(try await bucket.get("k.a", fromLeader: true) == nil)
      try await bucket.put("k.a", bytes("2"))
      try await bucket.purge("k.a")
      #expect(try await bucket.get("k.a") == nil)
    }
  }

  @Test func updateRequiresTheLastRevision() async throws {
    try await withJetStream { jetStream, _ in
      let bucket = try await jetStream.createKeyValue(KeyValueConfiguration(bucket: "b"))
      let first = try await bucket.create("k", bytes("1"))
      await expect(.wrongLastSequence) { try await bucket.create("k", bytes("2")) }
      let second = try await bucket.update("k", bytes("2"), revision: first)
      await expect(.wrongLastSequence) { try await bucket.update("k", bytes("3"), revision: first) }
      await expect(.wrongLastSequence) { try await bucket.delete("k", revision: first) }
      try await bucket.delete("k", revision: second)
      let third = try await bucket.create("k", bytes("3"))
      #expect(third > second)
      try await bucket.purge("k")
      try await bucket.create("k", bytes("4"))
      #expect(try await bucket.get("k")?.value == bytes("4"))
    }
  }

  @Test func createSucceedsOnce() async throws {
    try await withJetStream { jetStream, _ in
      let bucket = try await jetStream.createKeyValue(KeyValueConfiguration(bucket: "b"))
      let winners = await withTaskGroup(of: Bool.self) { group in
        for number in 0..<20 {
          group.addTask {
            do {
              try await bucket.create("k", [UInt8(number)])
              return true
            } catch {
              return false
            }
          }
        }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(winners == 1)
    }
  }

  @Test func keysAreListed() async throws {
    try await withJetStream { jetStream, _ in
      let bucket = try await jetStream.createKeyValue(KeyValueConfiguration(bucket: "b", history: 5))
      #expect(try await bucket.keys().isEmpty)
      for key in ["a.1", "a.2", "b.1"] { try await bucket.put(key, bytes("x")) }
      try await bucket.delete("a.2")
      #expect(try await bucket.keys().sorted() == ["a.1", "b.1"])
      #expect(try await bucket.keys("a.*") == ["a.1"])
    }
  }

  @Test func canonicallyEquivalentKeysOfOtherClientsAreListed() async throws {
    try await withJetStream { jetStream, _ in
      let bucket = try await jetStream.createKeyValue(KeyValueConfiguration(bucket: "b"))
      for key in ["caf\u{e9}", "cafe\u{301}", "K", "\u{212a}"] {
        try await jetStream.publish(bytes("x"), to: "$KV.b.\(key)")
      }
      #expect(try await bucket.keys().count == 4)
    }
  }

  @Test func createKeyValueIsIdempotent() async throws {
    try await withJetStream { jetStream, _ in
      var configuration = KeyValueConfiguration(bucket: "b", timeToLive: .seconds(5))
      _ = try await jetStream.createKeyValue(configuration)
      _ = try await jetStream.createKeyValue(configuration)
      configuration.timeToLive = .seconds(60)
      configuration.history = 3
      _ = try await jetStream.createKeyValue(configuration)
      let stream = try await jetStream.stream("KV_b").configuration
      #expect(stream.maxAge == .seconds(60) && stream.maxMessagesPerSubject == 3 && stream.denyDelete)
      _ = try await jetStream.keyValue("b")
      await expect(.notFound) { _ = try await jetStream.keyValue("c") }
    }
  }

  @Test(arguments: ["", ".", "a..b", ".a", "a.", "a b", "a*", "a.>", "ü"])
  func invalidKeysAreRejected(_ key: String) async throws {
    let bucket = try await withJetStream { jetStream, _ in
      try await jetStream.createKeyValue(KeyValueConfiguration(bucket: "b"))
    }
    await expect(.invalidArgument) { try await bucket.put(key, []) }
    await expect(.invalidArgument) { _ = try await bucket.get(key) }
  }
}

/// Expects `body` to throw an error of this code.
func expect(
  _ code: JetStreamError.Code, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> Void
) async {
  let error = await #expect(throws: JetStreamError.self, sourceLocation: sourceLocation) { try await body() }
  #expect(error?.code == code, sourceLocation: sourceLocation)
}
