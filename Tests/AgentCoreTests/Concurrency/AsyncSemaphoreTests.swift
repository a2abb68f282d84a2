import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(1))) struct AsyncSemaphoreTests {
  @Test func releasedPermitGoesToTheNextWaiter() async {
    let slots = AsyncSemaphore(1)
    #expect(await slots.acquire())
    async let second = slots.acquire()
    slots.release()
    #expect(await second)
    slots.release()
    #expect(await slots.acquire())
  }

  @Test func cancelledTaskGetsNoPermit() async {
    let slots = AsyncSemaphore(1)
    #expect(await slots.acquire())
    let got = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<10 { group.addTask { await slots.acquire() } }
      group.cancelAll()
      return await group.contains(true)
    }
    #expect(!got)
    slots.release()
    #expect(await slots.acquire())
  }
}
