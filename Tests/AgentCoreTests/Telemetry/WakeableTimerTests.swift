import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(1))) struct WakeableTimerTests {
  @Test func signalEndsOneSleep() async {
    let timer = WakeableTimer()
    async let slept = timer.sleep(until: .now + .seconds(60))
    timer.signal()
    #expect(await slept)
    #expect(await !timer.sleep(until: .now + .milliseconds(1)))
  }

  @Test func signalBeforeTheSleepEndsIt() async {
    let timer = WakeableTimer()
    timer.signal()
    #expect(await timer.sleep(until: .now + .seconds(60)))
  }

  @Test func cancellationEndsTheSleep() async {
    let timer = WakeableTimer()
    await withTaskGroup(of: Bool.self) { group in
      group.addTask { await timer.sleep(until: .now + .seconds(60)) }
      group.cancelAll()
      #expect(await group.next() == false)
    }
  }

  @Test func noSignalIsLostBetweenTwoSleeps() async {
    let timer = WakeableTimer()
    let woken = Recorder()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for _ in 0..<200 where await timer.sleep(until: .now + .seconds(30)) { woken.add("woken") }
      }
      // Each signal follows the end of the previous sleep, so that every signal has to end one sleep.
      for number in 1...200 {
        timer.signal()
        await woken.changed.wait { woken.entries.count >= number }
      }
    }
    #expect(woken.entries.count == 200)
  }
}
