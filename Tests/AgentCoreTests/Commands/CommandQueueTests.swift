import Testing

@testable import AgentCore

@Suite struct CommandQueueTests {
  @Test func orderedCommandsHaveOneWorkerAndKeepTheirOrder() {
    var queue = CommandQueue<Int>(parallelLimit: 2, capacity: 10, byteCapacity: 100)
    #expect(queue.enqueue(1, size: 1, in: .ordered) == .startWorker)
    #expect(queue.enqueue(2, size: 1, in: .ordered) == .queued)
    #expect(queue.next(in: .ordered)?.command == 1)
    #expect(queue.enqueue(3, size: 1, in: .ordered) == .queued)
    #expect(queue.next(in: .ordered)?.command == 2)
    #expect(queue.next(in: .ordered)?.command == 3)
    #expect(queue.next(in: .ordered) == nil)
    #expect(queue.enqueue(4, size: 1, in: .ordered) == .startWorker, "the worker had ended")
  }

  @Test func parallelCommandsHaveWorkersUpToTheLimit() {
    var queue = CommandQueue<Int>(parallelLimit: 2, capacity: 10, byteCapacity: 100)
    #expect(
      (1...3).map { queue.enqueue($0, size: 1, in: .parallel) } == [.startWorker, .startWorker, .queued])
    #expect(queue.enqueue(9, size: 1, in: .ordered) == .startWorker, "the lanes do not wait for each other")
    #expect(queue.waitingCount == 4)
  }

  @Test func whatHasNoRoomIsNotQueued() {
    var queue = CommandQueue<Int>(parallelLimit: 1, capacity: 2, byteCapacity: 100)
    #expect([1, 2, 3].map { queue.enqueue($0, size: 1, in: .ordered) } == [.startWorker, .queued, .full])
    #expect(queue.waitingCount == 2)
  }

  @Test func whatTakesTooManyBytesIsNotQueued() {
    var queue = CommandQueue<Int>(parallelLimit: 1, capacity: 10, byteCapacity: 100)
    let first = queue.enqueue(1, size: 60, in: .ordered)
    #expect(first == .startWorker)
    #expect(queue.enqueue(2, size: 41, in: .parallel) == .full)
    #expect(queue.enqueue(3, size: 40, in: .ordered) == .queued)
    _ = queue.next(in: .ordered)
    #expect(queue.enqueue(4, size: 60, in: .ordered) == .queued, "what runs has given its bytes back")
    #expect(queue.remove { $0 == 4 } == [4])
    #expect(queue.enqueue(5, size: 60, in: .ordered) == .queued, "and so has what was taken out")
  }

  @Test func ticketsAreNeverUsedAgain() {
    var queue = CommandQueue<Int>(parallelLimit: 1, capacity: 5, byteCapacity: 100)
    var tickets: Set<UInt64> = []
    for round in 0..<5 {
      _ = queue.enqueue(round, size: 1, in: .ordered)
      _ = queue.enqueue(round, size: 1, in: .parallel)
      for lane in CommandQueue<Int>.Lane.allCases {
        if let next = queue.next(in: lane) { tickets.insert(next.ticket) }
      }
    }
    #expect(tickets.count == 10)
  }

  @Test func waitingCommandsCanBeTakenOut() {
    var queue = CommandQueue<Int>(parallelLimit: 1, capacity: 10, byteCapacity: 100)
    for number in 1...4 { _ = queue.enqueue(number, size: 1, in: number == 4 ? .parallel : .ordered) }
    #expect(queue.remove { $0.isMultiple(of: 2) } == [2, 4])
    #expect(queue.next(in: .ordered)?.command == 1)
    #expect(queue.next(in: .ordered)?.command == 3)
    #expect(queue.next(in: .parallel) == nil)
  }
}
