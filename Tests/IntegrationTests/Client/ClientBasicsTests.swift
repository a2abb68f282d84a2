import NATS
import NATSTesting
import NIOCore
import Testing

@Suite struct ClientBasicsTests {
  @Test func messageArrivesWithAllItsParts() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let subscription = try client.subscribe(to: "a.*")
      let headers = try NATSHeaders([("X-One", "1"), ("x-one", "2"), ("X-One", "3")])
      try client.publish(Array("hello".utf8), to: "a.b", replyTo: "r.s", headers: headers)
      try client.publish([], to: "a.c")
      let messages = try await subscription.collect(2)
      #expect(messages[0].subject == "a.b")
      #expect(messages[0].replyTo == "r.s")
      #expect(messages[0].headers == headers)
      #expect(String(buffer: messages[0].payload) == "hello")
      #expect(messages[0].status == nil)
      #expect(messages[0].connectionID == 1)
      #expect(messages[1].subject == "a.c")
      #expect(messages[1].replyTo == nil)
      #expect(messages[1].headers == nil)
      #expect(messages[1].payload.readableBytes == 0)
    }
  }

  @Test func requestReceivesItsReply() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let service = try client.subscribe(to: "service")
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for await message in service { try message.reply(message.payload) }
        }
        for number in 0..<100 {
          let reply = try await client.request(Array("\(number)".utf8), to: "service")
          #expect(String(buffer: reply.payload) == "\(number)")
        }
        service.unsubscribe()
        try await group.waitForAll()
      }
    }
  }
}
