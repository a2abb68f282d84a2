import Testing
import Threads

@Suite(.timeLimit(.minutes(1))) struct DeadlinesTests {
  private let deadlines = Deadlines()

  @Test(arguments: [-1, 0, 1, 30])
  func waitReturnsTrueAfterTheDeadline(milliseconds: Int) async {
    let deadline = ContinuousClock.now + .milliseconds(milliseconds)
    #expect(await deadlines.wait(until: deadline))
    #expect(ContinuousClock.now >= deadline)
    #expect(deadlines.count == 0)
  }

  @Test func earlierDeadlineIsNotDelayedByALaterOne() async {
    await withTaskGroup(of: String.self) { group in
      group.addTask {
        _ = await deadlines.wait(until: .now + .seconds(3_600))
        return "late"
      }
      group.addTask {
        while deadlines.count == 0 { await Task.yield() }
        return await deadlines.wait(until: .now + .milliseconds(5)) ? "early" : "cancelled"
      }
      #expect(await group.next() == "early")
      group.cancelAll()
      #expect(await group.next() == "late")
    }
    #expect(deadlines.count == 0)
  }

  @Test func cancelledWaitsAreRemovedAtOnce() async {
    let answers = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<1_000 { group.addTask { await deadlines.wait(until: .now + .seconds(3_600)) } }
      while deadlines.count < 1_000 { await Task.yield() }
      group.cancelAll()
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.count == 1_000)
    #expect(answers.allSatisfy { !$0 })
    #expect(deadlines.count == 0)
  }

  @Test func waitInACancelledTaskReturnsFalse() async {
    let answer = await withTaskGroup(of: Bool.self) { group in
      group.cancelAll()
      group.addTask { await deadlines.wait(until: .now + .seconds(3_600)) }
      return await group.next()
    }
    #expect(answer == false)
  }
}
