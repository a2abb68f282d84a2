import JetStream
import NATS
import NATSTesting
import Testing

@Suite struct PublishTests {
  @Test func publishReturnsTheSequence() async throws {
    try await withJetStream { jetStream, _ in
      try await jetStream.makeStream("S")
      let first = try await jetStream.publish(Array("a".utf8), to: "S.x", messageID: "one")
      #expect(first.stream == "S" && first.sequence == 1 && !first.isDuplicate)
      let again = try await jetStream.publish(Array("a".utf8), to: "S.x", messageID: "one")
      #expect(again.sequence == 1 && again.isDuplicate)
      let stored = try await jetStream.getMessage(stream: "S", sequence: 1)
      #expect(stored?.payload == Array("a".utf8))
      #expect(stored?.headers?["Nats-Msg-Id"] == "one")
    }
  }

  @Test func unmetExpectationsAreRejected() async throws {
    try await withJetStream { jetStream, _ in
      try await jetStream.makeStream("S")
      let ack = try await jetStream.publish([1], to: "S.x", expectations: .init(lastSubjectSequence: 0))
      for expectations in [
        PublishExpectations(lastSubjectSequence: 0), PublishExpectations(lastSequence: 7),
        PublishExpectations(lastSubjectSequence: 99),
      ] {
        let error = await #expect(throws: JetStreamError.self) {
          try await jetStream.publish([2], to: "S.x", expectations: expectations)
        }
        #expect(error?.code == .wrongLastSequence)
      }
      let other = await #expect(throws: JetStreamError.self) {
        try await jetStream.publish([2], to: "S.x", expectations: .init(stream: "T"))
      }
      #expect(other?.code == .api(10060))
      try await jetStream.publish([2], to: "S.x", expectations: .init(lastSubjectSequence: ack.sequence))
    }
  }

  @Test func publishWithoutStreamTriesThreeTimes() async throws {
    try await withJetStream { jetStream, _ in
      let start = ContinuousClock.now
      let error = await #expect(throws: JetStreamError.self) {
        try await jetStream.publish([], to: "nowhere")
      }
      #expect(error?.code == .noResponders)
      #expect(ContinuousClock.now - start >= .milliseconds(500))
    }
  }

  @Test func publishFindsAStreamCreatedBetweenAttempts() async throws {
    try await withJetStream { jetStream, _ in
      let watch = try jetStream.client.subscribe(to: "S.x")
      // The subscriber does not reply, so the publish times out.
      watch.unsubscribe()
      async let ack = jetStream.publish([1], to: "S.x")
      try await jetStream.makeStream("S")
      #expect(try await ack.sequence == 1)
    }
  }
}
