import Testing

@testable import HostControl

@Suite struct CallQueueTests {
  @Test func singleCallDoesNotWaitForALargeBatch() {
    var queue = CallQueue<String>()
    for id in 0..<1000 { queue.append("list", id: UInt64(id), isBulk: true) }
    var pending = 0
    while queue.next(pending: pending) != nil { pending += 1 }
    #expect(pending == CallQueue<String>.bulkWindow, "a large batch leaves room")
    queue.append("one", id: 2000, isBulk: false)
    queue.append("two", id: 2001, isBulk: false)
    #expect(queue.next(pending: pending) == "one")
    #expect(queue.next(pending: pending + 1) == "two")
    #expect(queue.next(pending: pending + 2) == nil)
    #expect(queue.next(pending: CallQueue<String>.bulkWindow - 1) == "list")
  }

  @Test func windowBoundsSingleCalls() {
    var queue = CallQueue<Int>()
    queue.append(1, id: 1, isBulk: false)
    #expect(queue.next(pending: CallQueue<Int>.window) == nil)
    #expect(queue.next(pending: CallQueue<Int>.window - 1) == 1)
  }

  @Test func callsAreRemoved() {
    var queue = CallQueue<Int>()
    for id in 1...3 {
      queue.append(id, id: UInt64(id), isBulk: false)
      queue.append(id * 10, id: UInt64(id * 10), isBulk: true)
    }
    #expect(queue.remove(2) == 2)
    #expect(queue.remove(20) == 20)
    #expect(queue.remove(20) == nil)
    #expect(queue.removeAll() == [1, 3, 10, 30])
    #expect(queue.next(pending: 0) == nil)
  }
}
