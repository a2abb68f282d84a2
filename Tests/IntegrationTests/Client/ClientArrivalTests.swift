import NATS
import NATSTesting
import NIOCore
import Testing

/// Readers with a time limit.
@Suite struct ClientArrivalTests {
  @Test func timesOutThenReadsTheMessage() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let subscription = try client.subscribe(to: "a")
      try await client.flush()
      var reader = subscription.makeAsyncIterator()
      guard case .late = await reader.next(within: .milliseconds(20)) else {
        Issue.record("nothing was published")
        return
      }
      guard case .late = await reader.next(within: .zero) else {
        Issue.record("nothing was published")
        return
      }
      for number in 1...3 { try client.publish([UInt8(number)], to: "a") }
      for number in 1...3 {
        guard case .message(let message) = await reader.next(within: testTimeout) else {
          Issue.record("message \(number) did not come")
          return
        }
        #expect(message.payload.getInteger(at: message.payload.readerIndex) == UInt8(number))
      }
      try client.publish([4], to: "a")
      try await client.flush()
      subscription.unsubscribe()
      // Pending messages are read before the end.
      guard case .message = await reader.next(within: testTimeout),
        case .end = await reader.next(within: testTimeout)
      else {
        Issue.record("the last message or the end is missing")
        return
      }
    }
  }

  @Test func reconnectIsReported() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let subscription = try client.subscribe(to: "a")
      try await client.flush()
      try await within(testTimeout) {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            var reader = subscription.makeAsyncIterator()
            guard case .reconnected = await reader.next(within: testTimeout) else {
              throw DeadlinePassed(description: "the reconnect was not reported")
            }
            guard case .late = await reader.next(within: .zero) else {
              throw DeadlinePassed(description: "the reconnect was reported twice")
            }
          }
          try await server.restart()
          try await group.waitForAll()
        }
      }
    }
  }

  @Test func endsWhenCancelled() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let subscription = try client.subscribe(to: "a")
      try await within(testTimeout) {
        await withTaskGroup(of: Bool.self) { group in
          group.addTask {
            var reader = subscription.makeAsyncIterator()
            if case .end = await reader.next(within: testTimeout) { return true }
            return false
          }
          group.cancelAll()
          for await ended in group { #expect(ended) }
        }
      }
    }
  }
}
