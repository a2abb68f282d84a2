import JetStream
import NATS
import NATSTesting
import Testing

@Suite struct StreamTests {
  @Test func streamIsCreatedUpdatedAndDeleted() async throws {
    try await withJetStream { jetStream, _ in
      var configuration = StreamConfiguration(name: "S", subjects: ["s.>"])
      configuration.maxAge = .seconds(900)
      configuration.maxBytes = 1 << 20
      configuration.description = "what is said"
      configuration.noAck = true
      configuration.allowDirect = true
      configuration.duplicateWindow = .seconds(10)
      let made = try await jetStream.createStream(configuration)
      #expect(made.configuration == configuration)
      #expect(made.created > 1_700_000_000)
      #expect(try await jetStream.createStream(configuration).created == made.created)
      var other = configuration
      other.maxBytes = 2 << 20
      await expect(.api(10058)) { _ = try await jetStream.createStream(other) }
      #expect(try await jetStream.updateStream(other).configuration.maxBytes == 2 << 20)
      other.storage = .memory
      let refused = await #expect(throws: JetStreamError.self) { _ = try await jetStream.updateStream(other) }
      if case .api = refused?.code {
      } else {
        Issue.record("not an error of the API: \(String(describing: refused))")
      }
      try await jetStream.deleteStream("S")
      await expect(.notFound) { _ = try await jetStream.stream("S") }
      await expect(.notFound) { try await jetStream.deleteStream("S") }
    }
  }

  @Test func ensureStreamUpdatesOnlyDifferences() async throws {
    try await withJetStream { jetStream, _ in
      var configuration = StreamConfiguration(name: "S", subjects: ["s.>"])
      let made = try await jetStream.ensureStream(configuration)
      let found = try await jetStream.ensureStream(configuration)
      #expect(found.configuration == made.configuration && found.created == made.created)
      configuration.subjects = ["s.>", "t.>"]
      configuration.denyDelete = true
      let changed = try await jetStream.ensureStream(configuration)
      #expect(changed.configuration.subjects == ["s.>", "t.>"] && changed.configuration.denyDelete)
      #expect(changed.created == made.created)
    }
  }

  @Test func streamNamesReadsAllPages() async throws {
    try await withJetStream { jetStream, _ in
      // A page holds 1,024 names.
      let names = (0..<1100).map { "S\($0)" }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for part in 0..<10 {
          group.addTask {
            for index in stride(from: part, to: names.count, by: 10) {
              var configuration = StreamConfiguration(name: names[index], subjects: ["s\(index).>"])
              configuration.storage = .memory
              _ = try await jetStream.createStream(configuration)
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await jetStream.streamNames().sorted() == names.sorted())
      #expect(try await jetStream.streamNames(subject: "s7.x") == ["S7"])
      #expect(try await jetStream.streamNames(subject: "none").isEmpty)
      #expect(try await jetStream.accountInfo().streams == 1100)
    }
  }

  @Test(arguments: [true, false]) func getMessageReadsBySequenceAndSubject(allowDirect: Bool) async throws {
    try await withJetStream { jetStream, _ in
      try await jetStream.makeStream("S") { $0.allowDirect = allowDirect }
      let payload = (0...255).map { UInt8($0) }
      for number in 0..<3 { try await jetStream.publish(payload.dropLast(number), to: "S.x") }
      try await jetStream.publish([], to: "S.empty", headers: try .init([("A", "b c"), ("A", "d")]))
      let first = try await jetStream.getMessage(stream: "S", sequence: 1)
      #expect(first?.payload == payload && first?.subject == "S.x" && first?.sequence == 1)
      let last = try await jetStream.getLastMessage(stream: "S", subject: "S.x")
      #expect(last?.sequence == 3 && last?.payload.count == 254)
      let empty = try await jetStream.getLastMessage(stream: "S", subject: "S.empty")
      #expect(empty?.payload == [] && empty?.headers?.values("A") == ["b c", "d"])
      #expect((empty?.time ?? 0) > 1_700_000_000)
      #expect(try await jetStream.getMessage(stream: "S", sequence: 99) == nil)
      #expect(try await jetStream.getLastMessage(stream: "S", subject: "S.none") == nil)
      await expect(.notFound) { _ = try await jetStream.getMessage(stream: "T", sequence: 1) }
      #expect(try await jetStream.purgeStream("S", subject: "S.x") == 3)
      #expect(try await jetStream.purgeStream("S") == 1)
      #expect(try await jetStream.stream("S").state.lastSequence == 4)
    }
  }

  @Test func getMessagesRespectsCountAndBytes() async throws {
    try await withJetStream { jetStream, _ in
      try await jetStream.makeStream("S") {
        $0.allowDirect = true
        $0.maxMessageSize = 1 << 20
      }
      try await jetStream.fill("S", 1...50)
      func numbers(from sequence: UInt64, count: Int, maxBytes: Int = 1 << 20) async throws -> [String] {
        try await jetStream.getMessages(stream: "S", from: sequence, count: count, maxBytes: maxBytes)
          .map { String(decoding: $0.payload, as: UTF8.self) }
      }
      #expect(try await numbers(from: 1, count: 20) == (1...20).map(String.init))
      #expect(try await numbers(from: 41, count: 20) == (41...50).map(String.init))
      #expect(try await numbers(from: 50, count: 1) == ["50"])
      #expect(try await numbers(from: 51, count: 20).isEmpty)
      let few = try await numbers(from: 1, count: 50, maxBytes: 200)
      #expect(!few.isEmpty && few.count < 50 && few == (1...few.count).map(String.init))
      // Deleted messages are skipped.
      try await jetStream.purgeStream("S", before: 31)
      #expect(try await numbers(from: 1, count: 3) == ["31", "32", "33"])
      await expect(.noResponders) { _ = try await jetStream.getMessages(stream: "T", from: 1, count: 1) }
      await expect(.invalidArgument) { _ = try await jetStream.getMessages(stream: "a.b", from: 1, count: 1) }
    }
  }

  @Test(arguments: ["", "a.b", "a b", "a*", ">", "a/b", "a\\b", "a\r\nPUB x 0"])
  func invalidStreamNamesAreRejected(_ name: String) async throws {
    try await withJetStream { jetStream, _ in
      await expect(.invalidArgument) { _ = try await jetStream.stream(name) }
      await expect(.invalidArgument) { _ = try await jetStream.createStream(StreamConfiguration(name: name)) }
      await expect(.invalidArgument) { _ = try await jetStream.consumer(stream: "S", name: name) }
      await expect(.invalidArgument) { _ = try await jetStream.getMessage(stream: name, sequence: 1) }
    }
  }

  @Test func serverWithoutJetStreamThrowsNoResponders() async throws {
    let server = try await NATSServerProcess.start()
    defer { server.stop() }
    try await withClient(of: server) { client in
      let jetStream = JetStream(client, timeout: .seconds(1))
      await expect(.noResponders) { _ = try await jetStream.accountInfo() }
      await expect(.noResponders) { _ = try await jetStream.stream("S") }
      await expect(.noResponders) { _ = try await jetStream.publish([], to: "S.x") }
    }
  }

  @Test func requestEndsWhenCancelled() async throws {
    let server = try await NATSServerProcess.start()
    defer { server.stop() }
    try await withClient(of: server) { client in
      let jetStream = JetStream(client, timeout: .seconds(600))
      try await within(testTimeout) {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { await expect(.cancelled) { _ = try await jetStream.accountInfo() } }
          group.cancelAll()
          try await group.waitForAll()
        }
      }
    }
  }
}
