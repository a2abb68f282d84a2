import Testing

@testable import AgentCore

@Suite struct CommandQueueTests {
  typealias Queue = CommandQueue<String>

  /// What happens to a queue.
  enum Step: Sendable {
    /// A command comes: `o…` ordered, `p…` parallel, `b…` beside, `l…` last; the operation of a `b…` is its second letter.
    case come(String)
    /// A command comes that is refused.
    case refused(String, Queue.Admission)
    /// An earlier agent has started a command.
    case resume(String)
    /// These start now, in this order, and no more.
    case start([String])
    /// A command ends.
    case end(String)
  }

  private static func lane(_ command: String) -> Queue.Lane {
    switch command.first {
    case "p": .parallel
    case "b": .beside(operation: String(command.dropFirst().prefix(1)))
    case "l": .last
    default: .ordered
    }
  }

  static let stories: [(String, [Step])] = [
    (
      "ordered commands run one at a time, in order",
      [
        .come("o1"), .come("o2"), .come("o3"), .start(["o1"]), .end("o1"), .start(["o2"]), .end("o2"),
        .start(["o3"]),
      ]
    ),
    (
      "parallel ones run beside them, up to the limit",
      [
        .come("o1"), .come("p1"), .come("p2"), .come("p3"), .start(["o1", "p1", "p2"]), .end("p1"),
        .start(["p3"]),
      ]
    ),
    (
      "a beside one waits for nothing, a second one of its operation is refused",
      [
        .come("o1"), .come("p1"), .come("p2"), .come("bu1"), .start(["o1", "p1", "p2", "bu1"]),
        .refused("bu2", .busy), .come("bv1"), .start(["bv1"]), .end("bu1"), .come("bu3"), .start(["bu3"]),
      ]
    ),
    (
      "a resumed beside one counts",
      [.resume("bu1"), .refused("bu2", .busy), .end("bu1"), .come("bu3"), .start(["bu3"])]
    ),
    (
      "a resumed ordered one holds up those that come later",
      [.resume("o1"), .come("o2"), .come("p1"), .start(["p1"]), .end("o1"), .start(["o2"])]
    ),
    (
      "a last one waits for all that runs, and all that came later waits for it",
      [
        .come("o1"), .come("p1"), .come("bu1"), .start(["o1", "p1", "bu1"]), .come("l1"), .come("o2"),
        .come("p2"), .come("bv1"), .start([]), .end("o1"), .start([]), .end("bu1"), .start([]), .end("p1"),
        .start(["l1"]), .end("l1"), .start(["o2", "p2", "bv1"]),
      ]
    ),
    (
      "what came before a last one goes first",
      [
        .come("o1"), .come("o2"), .come("l1"), .start(["o1"]), .end("o1"), .start(["o2"]), .end("o2"),
        .start(["l1"]),
      ]
    ),
    (
      "a beside one that waits behind a last one counts as there",
      [.come("o1"), .start(["o1"]), .come("l1"), .come("bu1"), .refused("bu2", .busy)]
    ),
    (
      "two last ones run one after the other",
      [.come("l1"), .come("l2"), .start(["l1"]), .end("l1"), .start(["l2"])]
    ),
    (
      "what has no room is not queued",
      [
        .come("o1"), .start(["o1"]), .come("o2"), .come("o3"), .come("o4"), .come("o5"), .come("o6"),
        .refused("o7", .full),
      ]
    ),
  ]

  @Test(arguments: stories)
  func commandsStartInTheirTurn(story: String, steps: [Step]) throws {
    var queue = Queue(parallelLimit: 2, capacity: 5, byteCapacity: 1_000)
    var tickets: [String: Queue.Ticket] = [:]
    for (number, step) in steps.enumerated() {
      switch step {
      case .come(let command):
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

  @Test func whatTakesTooManyBytesIsNotQueued() {
    var queue = CommandQueue<Int>(parallelLimit: 1, capacity: 10, byteCapacity: 100)
    #expect(queue.enqueue(1, size: 60, in: .ordered) == .queued)
    #expect(queue.enqueue(2, size: 41, in: .parallel) == .full)
    #expect(queue.enqueue(3, size: 40, in: .ordered) == .queued)
    _ = queue.next()
    #expect(queue.enqueue(4, size: 60, in: .ordered) == .queued, "what runs has given its bytes back")
    #expect(queue.remove { $0 == 4 } == [4])
    #expect(queue.enqueue(5, size: 60, in: .ordered) == .queued, "and so has what was taken out")
  }

  @Test func waitingCommandsCanBeTakenOut() {
    var queue = CommandQueue<Int>(parallelLimit: 1, capacity: 10, byteCapacity: 100)
    for number in 1...4 { _ = queue.enqueue(number, size: 1, in: number == 4 ? .last : .parallel) }
    #expect(queue.remove { $0.isMultiple(of: 2) } == [2, 4])
    #expect(queue.next()?.command == 1)
    #expect(queue.next() == nil)
    #expect(queue.waitingCount == 1)
  }
}
