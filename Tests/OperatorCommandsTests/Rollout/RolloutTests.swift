import Encoding
import Testing

@testable import OperatorCommands

@Suite struct RolloutTests {
  private static let agents = (1...7).map { "a\($0)" }

  private func rollout(
    _ agents: [String] = agents, canary: Int = 0, batch: BatchSize = .agents(3), maxFailures: Int = 1
  ) -> Rollout {
    Rollout(agents, .init(canary: canary, batch: batch, maxFailures: maxFailures))
  }

  @Test func batchesRunInOrder() {
    var rollout = rollout()
    var batches: [[String]] = []
    while true {
      let batch = rollout.next()
      if batch.isEmpty { break }
      batches.append(batch)
      #expect(rollout.phase == .batch(batches.count))
      for agent in batch.reversed() {
        #expect(rollout.next().isEmpty)
        rollout.ended(agent, hasSucceeded: true)
      }
    }
    #expect(batches == [["a1", "a2", "a3"], ["a4", "a5", "a6"], ["a7"]])
    #expect(rollout.batches == 3)
    #expect(rollout.phase == .finished)
    #expect(rollout.isOver)
    #expect(rollout.succeeded.count == 7)
  }

  @Test func failedCanaryStopsTheRollout() {
    var rollout = rollout(canary: 2, maxFailures: 100)
    #expect(rollout.next() == ["a1", "a2"])
    #expect(rollout.phase == .canary)
    rollout.ended("a2", hasSucceeded: true)
    rollout.ended("a1", hasSucceeded: false)
    #expect(rollout.next().isEmpty)
    #expect(rollout.phase == .stopped)
    #expect(rollout.notStarted == ["a3", "a4", "a5", "a6", "a7"])
  }

  @Test func successfulCanariesStartTheBatches() {
    var rollout = rollout(canary: 1, batch: .percent(50))
    #expect(rollout.batches == 2)
    #expect(rollout.next() == ["a1"])
    rollout.ended("a1", hasSucceeded: true)
    #expect(rollout.next() == ["a2", "a3", "a4", "a5"])
    #expect(rollout.phase == .batch(1))
  }

  @Test(arguments: [(1, 3, 1), (2, 6, 2), (3, 7, 3), (9, 7, 7)])
  func maxFailuresStopsTheRollout(maxFailures: Int, started: Int, failed: Int) {
    var rollout = rollout(maxFailures: maxFailures)
    var begun = 0
    while true {
      let batch = rollout.next()
      if batch.isEmpty { break }
      begun += batch.count
      // The first agent of each batch fails; with a limit of 9, all agents fail.
      for (index, agent) in batch.enumerated() {
        rollout.ended(agent, hasSucceeded: maxFailures < 9 && index > 0)
      }
    }
    #expect(begun == started)
    #expect(rollout.failed.count == failed)
    #expect(rollout.notStarted.count == 7 - started)
    #expect(rollout.isOver)
  }

  @Test func runningAgentsFinishAfterTheStop() {
    var rollout = rollout()
    _ = rollout.next()
    rollout.ended("a1", hasSucceeded: false)
    #expect(rollout.phase == .stopped)
    #expect(!rollout.isOver)
    #expect(rollout.running == ["a2", "a3"])
    rollout.ended("a2", hasSucceeded: true)
    rollout.ended("a3", hasSucceeded: true)
    #expect(rollout.isOver)
    #expect(rollout.succeeded == ["a2", "a3"])
  }

  @Test func duplicateCompletionIsIgnored() {
    var rollout = rollout()
    _ = rollout.next()
    rollout.ended("a1", hasSucceeded: true)
    rollout.ended("a1", hasSucceeded: false)
    rollout.ended("a7", hasSucceeded: false)
    #expect(rollout.succeeded == ["a1"])
    #expect(rollout.failed.isEmpty)
  }

  @Test func emptyRolloutIsOver() {
    var rollout = rollout([], canary: 1)
    #expect(rollout.next().isEmpty)
    #expect(rollout.isOver)
  }

  @Test(arguments: [
    ("10", BatchSize.agents(10)), ("25%", .percent(25)), ("0", nil), ("-1", nil), ("0%", nil), ("101%", nil),
    ("x", nil), ("%", nil),
  ])
  func batchSizeIsParsed(text: String, size: BatchSize?) {
    #expect(BatchSize(argument: text) == size)
  }

  @Test func percentageIsRoundedUp() {
    #expect(BatchSize.percent(25).count(of: 10) == 3)
    #expect(BatchSize.percent(1).count(of: 5) == 1)
    #expect(BatchSize.percent(100).count(of: 7) == 7)
  }

  @Test func barShowsProgress() {
    var rollout = rollout(canary: 1, maxFailures: 3)
    _ = rollout.next()
    rollout.ended("a1", hasSucceeded: true)
    _ = rollout.next()
    rollout.ended("a2", hasSucceeded: false)
    let text = RolloutProgress.bar(rollout).text(Palette(isOn: false), width: 200)
    #expect(text.hasSuffix("  2/7  1 done  1 failed  2 running  batch 1 of 2"))
    #expect(text.filter { "█▒░".contains($0) }.count == 24)
  }
}
