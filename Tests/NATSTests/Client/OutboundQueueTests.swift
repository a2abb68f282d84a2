import NIOCore
import Testing

@testable import NATS

@Suite struct OutboundQueueTests {
  @Test func appendsBeforeAFlushWakeTheLoopOnce() {
    var queue = connected()
    #expect(publish("a", "1", into: &queue) == .acceptedNeedsFlush)
    #expect(publish("a", "2", into: &queue) == .accepted)
    #expect(take(&queue) == "PUB a 1\r\n1\r\nPUB a 1\r\n2\r\n")
    // While a batch is being written, its completion requests the next flush.
    #expect(publish("a", "3", into: &queue) == .accepted)
    #expect(wrote(&queue))
    #expect(take(&queue) == "PUB a 1\r\n3\r\n")
    #expect(!wrote(&queue))
    #expect(publish("a", "4", into: &queue) == .acceptedNeedsFlush)
  }

  @Test func publishesAreBufferedUpToThePendingLimit() {
    var queue = OutboundQueue(pendingLimit: 200, keptCapacity: 1000)
    #expect(publish("a", String(repeating: "x", count: 100), into: &queue) == .accepted)
    #expect(publish("a", String(repeating: "x", count: 100), into: &queue) == .full)
    let dropped = queue.connected(connectionID: 1, maxPayload: 1000, headers: true).dropped
    #expect(dropped == 0)
    #expect(take(&queue)?.hasPrefix("PUB a 100\r\n") == true)
  }

  @Test func publishWithoutPendingBufferIsRejected() {
    var queue = OutboundQueue(pendingLimit: 0, keptCapacity: 1000)
    #expect(publish("a", "x", into: &queue) == .notConnected)
  }

  @Test func limits() {
    var queue = connected()
    #expect(publish("a", String(repeating: "x", count: 1001), into: &queue) == .tooLarge)
    #expect(publish("a", "x", limit: 10, into: &queue) == .acceptedNeedsFlush)
    #expect(publish("a", "xxxxxxxx", limit: 10, into: &queue) == .full)
    queue.isDraining = true
    #expect(publish("a", "x", into: &queue) == .draining)
    _ = queue.close()
    queue.isDraining = false
    #expect(publish("a", "x", into: &queue) == .closed)
  }

  @Test func onlyPublishesAreKeptAfterADisconnect() {
    var queue = connected()
    _ = publish("a", "1", into: &queue)
    _ = queue.control { ClientOperationEncoder.subscribe(sid: 2, subject: "s", queue: nil, into: &$0) }
    _ = publish("b", "2", into: &queue)
    _ = confirmed("c", "3", waiter: 9, into: &queue)
    _ = queue.control { ClientOperationEncoder.unsubscribe(sid: 2, max: nil, into: &$0) }
    _ = publish("d", "4", into: &queue)
    let (failed, _) = queue.disconnected()
    #expect(failed.map(\.waiter) == [9])
    #expect(publish("e", "5", into: &queue) == .accepted)
    _ = queue.connected(connectionID: 2, maxPayload: 1000, headers: true)
    #expect(take(&queue) == "PUB a 1\r\n1\r\nPUB b 1\r\n2\r\nPUB d 1\r\n4\r\nPUB e 1\r\n5\r\n")
  }

  @Test func replacingTheConnectionKeepsOnlyPublishes() {
    var queue = OutboundQueue(pendingLimit: 0, keptCapacity: 1000)
    _ = queue.connected(connectionID: 1, maxPayload: 1000, headers: true)
    _ = publish("a", "1", into: &queue)
    _ = queue.control { ClientOperationEncoder.unsubscribe(sid: 2, max: 9, into: &$0) }
    _ = confirmed("c", "3", waiter: 9, connectionID: 1, into: &queue)
    _ = publish("big", String(repeating: "x", count: 20), into: &queue)
    let (dropped, failed, _) = queue.connected(connectionID: 2, maxPayload: 10, headers: true)
    #expect(dropped == 1, "the new server takes no message of that size")
    #expect(failed.map(\.waiter) == [9])
    #expect(take(&queue) == "PUB a 1\r\n1\r\n")
  }

  @Test func publishAndFlushRequiresTheGivenConnection() {
    var queue = OutboundQueue(pendingLimit: 1000, keptCapacity: 1000)
    #expect(confirmed("a", "x", waiter: 1, into: &queue) == .notConnected)
    _ = queue.connected(connectionID: 3, maxPayload: 1000, headers: true)
    _ = queue.take()
    #expect(confirmed("a", "x", waiter: 1, connectionID: 2, into: &queue) == .wrongConnection)
    #expect(confirmed("a", "x", waiter: 1, connectionID: 3, into: &queue) != .wrongConnection)
  }

  @Test func pendingConfirmationsAreTakenWithTheBatch() {
    var queue = connected()
    for waiter in 0..<2000 { _ = confirmed("a", "x", waiter: UInt64(waiter), into: &queue) }
    let batch = queue.take()
    #expect(batch?.confirmations.map(\.waiter) == Array(0..<2000))
    #expect(!wrote(&queue))
    #expect(take(&queue) == nil)
  }

  @Test func publishesBeyondTheLimitsOfANewServerAreDropped() {
    var queue = OutboundQueue(pendingLimit: 10_000, keptCapacity: 1000)
    _ = publish("a", "1", into: &queue)
    _ = publish("a", String(repeating: "x", count: 500), into: &queue)
    _ = publish("a", "2", headers: Array("NATS/1.0\r\n\r\n".utf8), into: &queue)
    _ = publish("a", "", into: &queue)
    let dropped = queue.connected(connectionID: 1, maxPayload: 100, headers: false).dropped
    #expect(dropped == 2)
    #expect(take(&queue) == "PUB a 1\r\n1\r\nPUB a 0\r\n\r\n")
    #expect(publish("a", "2", headers: Array("NATS/1.0\r\n\r\n".utf8), into: &queue) == .headersNotSupported)
  }

  private func connected() -> OutboundQueue {
    var queue = OutboundQueue(pendingLimit: 1000, keptCapacity: 1000)
    _ = queue.connected(connectionID: 1, maxPayload: 1000, headers: true)
    _ = queue.take()
    return queue
  }

  private func wrote(_ queue: inout OutboundQueue) -> Bool {
    queue.wrote(ByteBuffer()).more
  }

  private func take(_ queue: inout OutboundQueue) -> String? {
    queue.take().map { String(buffer: $0.bytes) }
  }

  private func publish(
    _ subject: String, _ payload: String, headers: [UInt8]? = nil, limit: Int = 10_000,
    into queue: inout OutboundQueue
  ) -> OutboundQueue.Outcome {
    Array(payload.utf8).withUnsafeBytes { payload in
      Array(subject.utf8).withUnsafeBufferPointer { subject in
        queue.publish(subject: subject, replyTo: nil, headers: headers, payload: payload, limit: limit)
      }
    }
  }

  private func confirmed(
    _ subject: String, _ payload: String, waiter: UInt64, connectionID: UInt64? = nil,
    into queue: inout OutboundQueue
  ) -> OutboundQueue.Outcome {
    Array(payload.utf8).withUnsafeBytes { payload in
      Array(subject.utf8).withUnsafeBufferPointer {
        queue.publishAndFlush(
          subject: $0, replyTo: nil, headers: nil, payload: payload, limit: 1 << 20,
          connectionID: connectionID,
          confirmation: Confirmation(waiter: waiter, subject: subject, replyTo: nil))
      }
    }
  }
}
