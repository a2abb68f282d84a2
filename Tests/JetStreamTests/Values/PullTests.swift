import JSON
import NATS
import Testing

@testable import JetStream

@Suite struct PullTests {
  @Test(
    arguments: [
      (100, "Idle Heartbeat", PullStatus.heartbeat), (404, "No Messages", .noMessages),
      (408, "Request Timeout", .ended(undelivered: nil)), (409, "Consumer Deleted", .consumerDeleted),
      (409, "Leadership Change", .leaderChanged), (409, "Server Shutdown", .leaderChanged),
      (409, "Message Size Exceeds MaxBytes", .completed(undelivered: nil)),
      (409, "Batch Completed", .completed(undelivered: 0)),
      (409, "Exceeded MaxWaiting", .ended(undelivered: nil)),
      (409, "Exceeded MaxRequestBatch of 5", .refused("409 Exceeded MaxRequestBatch of 5")),
      (409, "Consumer is push based", .refused("409 Consumer is push based")),
      (400, "Bad Request", .refused("400 Bad Request")),
      (423, "Nats-Pin-Id mismatch", .ended(undelivered: nil)), (503, "", .noResponders),
      (777, "Something New", .ended(undelivered: nil)), (0, "", .ended(undelivered: nil)),
    ] as [(Int, String, PullStatus)])
  func statusIsDecoded(code: Int, reason: String, status: PullStatus) {
    #expect(PullStatus(NATSStatus(code: code, reason: reason)) == status)
  }

  @Test func undeliveredMessagesAreDecoded() {
    #expect(PullStatus(NATSStatus(code: 408), undelivered: 7) == .ended(undelivered: 7))
  }

  @Test func requestsWhenHalfHasArrived() {
    var window = PullWindow(size: 10)
    #expect(window.wanted == 10)
    window.requested(10)
    for _ in 0..<4 {
      window.received()
      #expect(window.wanted == nil)
    }
    window.received()
    #expect(window.wanted == 5)
    window.requested(5)
    #expect(window.outstanding == 10)
    // The first of two requests ends with three undelivered messages.
    window.ended(undelivered: 3)
    #expect(window.outstanding == 7 && window.wanted == nil)
    window.ended(undelivered: nil)
    #expect(window.wanted == 10)
  }

  @Test func impossibleNumbersAreClamped() {
    var window = PullWindow(size: 0)
    #expect(window.wanted == 1)
    window.requested(1)
    window.received()
    window.received()
    #expect(window.outstanding == 0)
    window.requested(1)
    window.ended(undelivered: .max)
    #expect(window.outstanding == 0)
    window.ended(undelivered: -5)
    #expect(window.outstanding == 0)
  }

  @Test func heartbeatIsAtMostHalfTheExpiry() throws {
    for expires in [Duration.milliseconds(200), .seconds(1), .seconds(9), .seconds(600)] {
      let heartbeat = PullRequest.heartbeat(within: expires)
      #expect(heartbeat > .zero && heartbeat * 2 <= expires && heartbeat <= .seconds(5))
    }
    #expect(PullRequest.heartbeat(within: .milliseconds(199)) == .zero)
    let waiting = PullRequest(batch: 3, maxBytes: 9, expires: .seconds(2), heartbeat: .seconds(1))
    #expect(
      try JSONReader.parse(waiting.payload)
        == ["batch": 3, "max_bytes": 9, "expires": 2_000_000_000, "idle_heartbeat": 1_000_000_000])
    let quick = PullRequest(batch: 1, maxBytes: nil, expires: .zero, heartbeat: .zero)
    #expect(try JSONReader.parse(quick.payload) == ["batch": 1, "no_wait": true])
  }

  @Test func watchBecomesCurrentOnce() {
    var progress = WatchProgress()
    let isCurrent = [3, 2, 1, 0, 0, 1, 0].map { progress.becomesCurrent(pending: $0) }
    #expect(isCurrent == [false, false, false, true, false, false, false])
  }
}
