import JSON
import JetStream
import NATS
import NATSTesting
import NIOCore
import Testing

/// Another client replies in place of JetStream with invalid data.
@Suite struct HostileReplyTests {
  private static let replies = [
    "", "x", "[]", "{}", "null", "{\"error\":1}", "{\"error\":{}}", "{\"error\":{\"code\":\"x\"}}",
    "{\"error\":{\"code\":99999999999999999999,\"err_code\":-1,\"description\":7}}",
    "{\"config\":[],\"state\":{\"messages\":-1,\"first_seq\":1e300},\"created\":\"yesterday\",\"cluster\":[]}",
    "{\"stream\":\"\",\"seq\":-1}", "{\"stream\":\"S\",\"seq\":18446744073709551616}",
    "{\"name\":\"a.b >\",\"stream_name\":\"S\",\"num_pending\":-9}",
    "{\"message\":{\"seq\":1,\"data\":\"%%%%\",\"hdrs\":\"AAAA\"}}",
    "{\"message\":{\"subject\":7,\"seq\":1,\"data\":\"AAAA\",\"hdrs\":\"//8=\",\"time\":\"x\"}}",
    "{\"streams\":[1,null,{}],\"total\":9223372036854775807}",
    String(repeating: "[", count: 100_000), "{\"a\":" + String(repeating: "9", count: 5000) + "}",
    "\u{0}\u{1}",
  ]

  @Test(arguments: replies.indices) func invalidRepliesThrow(_ index: Int) async throws {
    try await answering(Array(Self.replies[index].utf8)) { jetStream in
      _ = await code { _ = try await jetStream.accountInfo() }
      _ = await code { _ = try await jetStream.stream("S") }
      _ = await code { _ = try await jetStream.ensureStream(StreamConfiguration(name: "S")) }
      _ = await code { _ = try await jetStream.streamNames() }
      _ = await code { _ = try await jetStream.getMessage(stream: "S", sequence: 1) }
      _ = await code { _ = try await jetStream.getLastMessage(stream: "S", subject: "x", fromLeader: true) }
      _ = await code { _ = try await jetStream.getMessages(stream: "S", from: 1, count: 1) }
      let published = await code { _ = try await jetStream.publish([], to: "S.x") }
      #expect(published != nil)
      let made = await code {
        _ = try await jetStream.createConsumer(stream: "S", ConsumerConfiguration(name: "c"))
      }
      #expect(made != nil)
    }
  }

  @Test func fetchIgnoresInvalidMessages() async throws {
    try await answering(Array("{\"name\":\"c\",\"stream_name\":\"S\"}".utf8)) { jetStream in
      let consumer = try await jetStream.consumer(stream: "S", name: "c")
      // Pull requests get a reply that is not a delivery.
      #expect(try await consumer.fetch(batch: 1, expires: .milliseconds(200)).isEmpty)
    }
  }

  @Test func getMessagesRejectsMoreThanRequested() async throws {
    let message = try NATSHeaders([
      ("Nats-Subject", "S.x"), ("Nats-Sequence", "1"), ("Nats-Time-Stamp", "2026-11-24T17:33:09Z"),
      ("Nats-Num-Pending", "1"),
    ])
    let server = try await NATSServerProcess.start()
    defer { server.stop() }
    try await withClient(of: server) { impostor in
      let api = try impostor.subscribe(to: "$JS.API.>")
      try await impostor.flush()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for await request in api {
            guard let subject = request.replyTo else { continue }
            for _ in 0..<3 { try impostor.publish([1], to: subject, headers: message) }
          }
        }
        try await withClient(of: server) { client in
          let jetStream = JetStream(client, timeout: .seconds(1))
          let tooMany = await code { _ = try await jetStream.getMessages(stream: "S", from: 1, count: 2) }
          #expect(tooMany == .unusableReply)
          // Without an end of the batch.
          let endless = await code { _ = try await jetStream.getMessages(stream: "S", from: 1, count: 3) }
          #expect(endless == .timeout)
        }
        group.cancelAll()
      }
    }
  }

  /// Runs a server on which another client replies to all requests to JetStream, and to each publish.
  private func answering(_ reply: [UInt8], _ body: (JetStream) async throws -> Void) async throws {
    let server = try await NATSServerProcess.start()
    defer { server.stop() }
    try await withClient(of: server) { impostor in
      let api = try impostor.subscribe(to: "$JS.API.>")
      let publishes = try impostor.subscribe(to: "S.>")
      try await impostor.flush()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for subscription in [api, publishes] {
          group.addTask { for await message in subscription { try message.reply(reply) } }
        }
        try await withClient(of: server) { client in
          try await body(JetStream(client, timeout: .seconds(1)))
        }
        group.cancelAll()
      }
    }
  }
}
