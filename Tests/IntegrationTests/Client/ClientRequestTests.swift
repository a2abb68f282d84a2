import NATS
import NATSTesting
import NIOCore
import Testing

@Suite struct ClientRequestTests {
  @Test func noRespondersThrowsImmediately() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let error = await #expect(throws: NATSError.self) {
        try await client.request([], to: "nobody", timeout: .seconds(30))
      }
      #expect(error?.code == .noResponders)
    }
  }

  @Test func requestTimesOut() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let silent = try client.subscribe(to: "silent")
      let error = await #expect(throws: NATSError.self) {
        try await client.request([], to: "silent", timeout: .milliseconds(50))
      }
      #expect(error?.code == .timeout)
      #expect(error?.subject == "silent")
      silent.unsubscribe()
    }
  }

  @Test func requestCanBeCancelled() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let silent = try client.subscribe(to: "silent")
      try await withThrowingTaskGroup(of: NATSError.Code?.self) { group in
        group.addTask {
          do throws(NATSError) {
            _ = try await client.request([], to: "silent", timeout: .seconds(60))
            return nil
          } catch {
            return error.code
          }
        }
        _ = try await silent.first()
        group.cancelAll()
        #expect(try await group.next() == .some(.cancelled))
      }
    }
  }

  @Test func concurrentRequestsReceiveTheirOwnReplies() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(configuration(server.url) { $0.inboxPrefix = "_MY.in" }) { client in
      let service = try client.subscribe(to: "service")
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for await message in service {
            #expect(message.replyTo?.hasPrefix("_MY.in.") == true)
            try message.reply(message.payload)
          }
        }
        try await withThrowingTaskGroup(of: Void.self) { requests in
          for number in 0..<500 {
            requests.addTask {
              let reply = try await client.request(Array("\(number)".utf8), to: "service")
              #expect(String(buffer: reply.payload) == "\(number)")
            }
          }
          try await requests.waitForAll()
        }
        service.unsubscribe()
        try await group.waitForAll()
      }
    }
  }

  @Test func closeFailsPendingRequests() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let silent = try client.subscribe(to: "silent")
      try await withThrowingTaskGroup(of: NATSError.Code?.self) { group in
        group.addTask {
          do throws(NATSError) {
            _ = try await client.request([], to: "silent", timeout: .seconds(60))
            return nil
          } catch {
            return error.code
          }
        }
        _ = try await silent.first()
        client.close()
        #expect(try await group.next() == .some(.connectionClosed))
      }
    }
  }
}
