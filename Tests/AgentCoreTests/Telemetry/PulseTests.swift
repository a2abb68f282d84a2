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

  @Test func manySignalsNeverLoseASleeper() async {
    let pulse = Pulse()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for _ in 0..<1_000 { pulse.signal() } }
      group.addTask { for _ in 0..<100 { _ = await pulse.sleep(until: .now + .milliseconds(1)) } }
    }
  }
}
