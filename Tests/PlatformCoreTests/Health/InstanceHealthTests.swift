import JetStream
import Locks
import Logging
import Testing

@testable import PlatformCore

@Suite("Health of an instance") struct InstanceHealthTests {
  private let health = InstanceHealth(
    clockConfirmation: 0, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })

  private func turn(_ seconds: Double) {
    health.observe(server: "a", sent: 1000 + seconds, received: 1000 + seconds, time: 1000)
  }

  @Test(.timeLimit(.minutes(1))) func workRunsOnlyWhileTheClockAgrees() async throws {
    let (events, continuation) = AsyncStream.makeStream(of: String.self)
    turn(180)
    try await withThrowingTaskGroup(of: Void.self) { [health] group in
      var iterator = events.makeAsyncIterator()
      group.addTask {
        try await health.whileClockAgrees {
          continuation.yield("begins")
          // Cancelled when the clock disagrees.
          try? await Task.sleep(for: .seconds(60))
          continuation.yield("ends")
        }
      }
      for _ in 0..<3 {
        turn(0)
        let first = await iterator.next()
        #expect(first == "begins")
        turn(-180)
        let second = await iterator.next()
        #expect(second == "ends")
      }
      group.cancelAll()
      try await group.waitForAll()
    }
    continuation.finish()
    for await event in events { Issue.record("\(event) after the end") }
  }

  @Test(.timeLimit(.minutes(1))) func workThatReturnsIsNotRestarted() async throws {
    let count = Locked(0)
    try await health.whileClockAgrees { count.withLock { $0 += 1 } }
    #expect(count.withLock { $0 } == 1)
  }

  @Test func eachProblemIsOneLine() {
    turn(180)
    health.notStored("no room")
    #expect(health.problems.count == 2)
    health.stored()
    turn(0)
    #expect(health.problems.isEmpty)
  }

  @Test func storeProblemNamesStreamsAndRemedy() throws {
    let silence = JetStreamError(.timeout, "a message: no reply")
    let names = ["A", "B", "C", "D", "E", "F"]
    let text = try #require(StoreProblem.text(Dictionary(uniqueKeysWithValues: names.map { ($0, silence) })))
    #expect(text.contains("(A, B, C, D and 2 more)") && text.contains("restart nats-server"))
    let full = try #require(
      StoreProblem.text(["A": JetStreamError(.api(10077), "maximum bytes exceeded"), "B": silence]))
    #expect(full.contains("store is full (A: maximum bytes exceeded)"))
    let off = try #require(StoreProblem.text(["A": JetStreamError(.noResponders, "JetStream not enabled")]))
    #expect(off.contains("JetStream is off") && off.contains("restart nats-server"))
    #expect(StoreProblem.text([:]) == nil)
  }
}
