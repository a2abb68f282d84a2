import Testing

@testable import AgentCore

@Suite struct CommandQueueTests {
  typealias Queue = CommandQueue<String>

  /// A step of a scenario.
  enum Step: Sendable {
    /// A command is enqueued: `o…` ordered, `p…` parallel, `x…` exclusive, `b…` barrier; the operation of an `x…` is its second letter.
    case enqueue(String)
    /// A command is not admitted.
    case refused(String, Queue.Admission)
    /// An earlier agent has started a command.
    case resume(String)
    /// Exactly these commands start, in this order.
    case start([String])
    /// A command ends.
    case end(String)
  }

  private static func lane(_ command: String) -> Queue.Lane {
    switch command.first {
    case "p": .parallel
    case "x": .exclusive(operation: String(command.dropFirst().prefix(1)))
    case "b": .barrier
    default: .ordered
    }
  }

  static let stories: [(String, [Step])] = [
    (
      "ordered commands run one at a time, in order",
      [
        .enqueue("o1"), .enqueue("o2"), .enqueue("o3"), .start(["o1"]), .end("o1"), .start(["o2"]),
        .end("o2"),
        .start(["o3"]),
      ]
    ),
    (
      "parallel commands run beside them, up to the limit",
      [
        .enqueue("o1"), .enqueue("p1"), .enqueue("p2"), .enqueue("p3"), .start(["o1", "p1", "p2"]),
        .end("p1"),
        .start(["p3"]),
      ]
    ),
    (
      "an exclusive command waits for nothing, a second one of its operation is refused",
      [
        .enqueue("o1"), .enqueue("p1"), .enqueue("p2"), .enqueue("xu1"), .start(["o1", "p1", "p2", "xu1"]),
        .refused("xu2", .busy), .enqueue("xv1"), .start(["xv1"]), .end("xu1"), .enqueue("xu3"),
        .start(["xu3"]),
      ]
    ),
    (
      "a resumed exclusive command keeps out another of its operation",
      [.resume("xu1"), .refused("xu2", .busy), .end("xu1"), .enqueue("xu3"), .start(["xu3"])]
    ),
    (
      "a resumed ordered command precedes later ordered ones",
      [.resume("o1"), .enqueue("o2"), .enqueue("p1"), .start(["p1"]), .end("o1"), .start(["o2"])]
    ),
    (
      "a barrier waits for all that runs, and later commands wait for it",
      [
        .enqueue("o1"), .enqueue("p1"), .enqueue("xu1"), .start(["o1", "p1", "xu1"]), .enqueue("b1"),
        .enqueue("o2"),
        .enqueue("p2"), .enqueue("xv1"), .start([]), .end("o1"), .start([]), .end("xu1"), .start([]),
        .end("p1"),
        .start(["b1"]), .end("b1"), .start(["o2", "p2", "xv1"]),
      ]
    ),
    (
      "commands before a barrier run first",
      [
        .enqueue("o1"), .enqueue("o2"), .enqueue("b1"), .start(["o1"]), .end("o1"), .start(["o2"]),
        .end("o2"),
        .start(["b1"]),
      ]
    ),
    (
      "an exclusive command that waits behind a barrier keeps out another",
      [.enqueue("o1"), .start(["o1"]), .enqueue("b1"), .enqueue("xu1"), .refused("xu2", .busy)]
    ),
    (
      "two barriers run one after the other",
      [.enqueue("b1"), .enqueue("b2"), .start(["b1"]), .end("b1"), .start(["b2"])]
    ),
    (
      "a command beyond the capacity is not queued",
      [
        .enqueue("o1"), .start(["o1"]), .enqueue("o2"), .enqueue("o3"), .enqueue("o4"), .enqueue("o5"),
        .enqueue("o6"),
        .refused("o7", .full),
      ]
    ),
  ]

  @Test(arguments: stories)
  func commandsStartInScheduledOrder(story: String, steps: [Step]) throws {
    var queue = Queue(parallelLimit: 2, capacity: 5, byteCapacity: 1_000)
    var tickets: [String: Queue.Ticket] = [:]
    for (number, step) in steps.enumerated() {
      switch step {
      case .enqueue(let command):
        #expect(
          queue.enqueue(command, size: 1, in: Self.lane(command)) == .queued, "\(story), step \(number)")
      case .refused(let command, let admission):
        #expect(
          queue.enqueue(command, size: 1, in: Self.lane(command)) == admission, "\(story), step \(number)")
      case .resume(let command): tickets[command] = queue.resume(in: Self.lane(command))
      case .start(let expected):
        var started: [String] = []
        while let next = queue.next() {
          started.append(next.command)
          tickets[next.command] = next.ticket
        }
        #expect(started == expected, "\(story), step \(number)")
      case .end(let command): queue.finish(try #require(tickets[command]))
      }
    }
    #expect(Set(tickets.values).count == tickets.count, "a ticket is never used again")
  }

  @Test func commandBeyondTheByteCapacityIsNotQueued() {
    var queue = CommandQueue<Int>(parallelLimit: 1, capacity: 10, byteCapacity: 100)
    #expect(queue.enqueue(1, size: 60, in: .ordered) == .queued)
    #expect(queue.enqueue(2, size: 41, in: .parallel) == .full)
    #expect(queue.enqueue(3, size: 40, in: .ordered) == .queued)
    _ = queue.next()
    #expect(queue.enqueue(4, size: 60, in: .ordered) == .queued, "running commands have released their bytes")
    #expect(queue.remove { $0 == 4 } == [4])
    #expect(queue.enqueue(5, size: 60, in: .ordered) == .queued, "removed commands have released their bytes")
  }

  @Test func waitingCommandsCanBeRemoved() {
    var queue = CommandQueue<Int>(parallelLimit: 1, capacity: 10, byteCapacity: 100)
    for number in 1...4 { _ = queue.enqueue(number, size: 1, in: number == 4 ? .barrier : .parallel) }
    #expect(queue.remove { $0.isMultiple(of: 2) } == [2, 4])
    #expect(queue.next()?.command == 1)
    #expect(queue.next() == nil)
    #expect(queue.waitingCount == 1)
  }
}
