import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(1))) struct PulseTests {
  @Test func aSignalEndsTheSleepAndIsUsedUp() async {
    let pulse = Pulse()
    async let slept = pulse.sleep(until: .now + .seconds(60))
    pulse.signal()
    #expect(await slept)
    #expect(await !pulse.sleep(until: .now + .milliseconds(1)))
  }

  @Test func aSignalBeforeTheSleepCounts() async {
    let pulse = Pulse()
    pulse.signal()
    #expect(await pulse.sleep(until: .now + .seconds(60)))
  }

  @Test func theEndOfTheTaskEndsTheSleep() async {
    let pulse = Pulse()
    await withTaskGroup(of: Bool.self) { group in
      group.addTask { await pulse.sleep(until: .now + .seconds(60)) }
      group.cancelAll()
      #expect(await group.next() == false)
    }
  }

  @Test func noSignalIsLostBetweenTwoSleeps() async {
    let pulse = Pulse()
    let woken = Recorder()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for _ in 0..<200 where await pulse.sleep(until: .now + .seconds(30)) { woken.add("woken") }
      }
      // The next signal only after the one before was used up: each has to wake the sleeper, whatever it was doing.
      for number in 1...200 {
        pulse.signal()
        await woken.changed.wait { woken.entries.count >= number }
      }
    }
    #expect(woken.entries.count == 200)
  }
}
