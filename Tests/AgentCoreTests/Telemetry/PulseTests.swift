import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(1))) struct PulseTests {
  @Test func signalEndsOneSleep() async {
    let pulse = Pulse()
    async let slept = pulse.sleep(until: .now + .seconds(60))
    pulse.signal()
    #expect(await slept)
    #expect(await !pulse.sleep(until: .now + .milliseconds(1)))
  }

  @Test func signalBeforeTheSleepEndsIt() async {
    let pulse = Pulse()
    pulse.signal()
    #expect(await pulse.sleep(until: .now + .seconds(60)))
  }

  @Test func cancellationEndsTheSleep() async {
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
      // Each signal follows the end of the previous sleep, so that every signal has to end one sleep.
      for number in 1...200 {
        pulse.signal()
        await woken.changed.wait { woken.entries.count >= number }
      }
    }
    #expect(woken.entries.count == 200)
  }
}
