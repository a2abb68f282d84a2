import Testing

@testable import PlatformCore

@Suite struct RequestQueueTests {
  @Test func requestsBeyondTheLimitsAreQueuedInOrderThenRejected() {
    var queue = RequestQueue<Int>(maximumRunning: 2, maximumWaiting: 3, runningShare: 2, waitingShare: 3)
    let admitted = (1...6).map { queue.admit($0, of: "a") }
    #expect(admitted == [.start, .start, .queued, .queued, .queued, .full])
    let third = queue.next(after: "a")?.request
    #expect(third == 3)
    #expect(queue.admit(7, of: "a") == .queued)
    let rest = (1...3).map { _ in queue.next(after: "a")?.request }
    #expect(rest == [4, 5, 7])
    #expect(queue.running == 2)
    let ends = (1...2).map { _ in queue.next(after: "a")?.request }
    #expect(ends == [nil, nil])
    #expect(queue.running == 0)
    #expect(queue.admit(8, of: "a") == .start)
  }

  @Test func operatorWithManyRequestsDoesNotDelayOthers() {
    var queue = RequestQueue<Int>(maximumRunning: 4, maximumWaiting: 10, runningShare: 2, waitingShare: 3)
    let admitted = (1...6).map { queue.admit($0, of: "busy") }
    #expect(admitted == [.start, .start, .queued, .queued, .queued, .full])
    #expect(queue.admit(7, of: "idle") == .start)
    #expect(queue.admit(8, of: "idle") == .start)
    #expect(queue.admit(9, of: "idle") == .queued)
    // "busy" has its share running, so the request behind its three is next.
    let next = ["idle", "busy", "idle"].map { queue.next(after: $0)?.request }
    #expect(next == [9, 3, nil])
    #expect(queue.running == 3)
  }

  @Test func canonicallyEquivalentNamesHaveSharesOfTheirOwn() {
    var queue = RequestQueue<Int>(maximumRunning: 9, maximumWaiting: 9, runningShare: 1, waitingShare: 1)
    let admitted = ["\u{E9}", "e\u{301}", "K", "\u{212A}"].map { queue.admit(0, of: $0) }
    #expect(admitted == [.start, .start, .start, .start])
  }
}
