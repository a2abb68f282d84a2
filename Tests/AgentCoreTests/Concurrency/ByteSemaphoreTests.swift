import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(1))) struct ByteSemaphoreTests {
  @Test func waitersAreServedInOrder() async {
    let semaphore = ByteSemaphore(100)
    await semaphore.reserve(60)
    let order = Recorder()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await semaphore.reserve(50)
        order.add("large")
      }
      await order.changed.wait { semaphore.waitingCount == 1 }
      group.addTask {
        await semaphore.reserve(10)
        order.add("small")
      }
      await order.changed.wait { semaphore.waitingCount == 2 }
      #expect(order.entries.isEmpty, "the smaller one would fit, but arrived later")
      semaphore.release(60)
    }
    #expect(Set(order.entries) == ["large", "small"])
  }

  @Test func requestBeyondTheLimitIsGrantedAlone() async {
    let semaphore = ByteSemaphore(10)
    await semaphore.reserve(1_000)
    semaphore.release(1_000)
    await semaphore.reserve(10)
  }

  @Test func waitUntilAvailableReservesNothing() async {
    let semaphore = ByteSemaphore(10)
    await semaphore.waitUntilAvailable(10)
    await semaphore.reserve(10)
    let order = Recorder()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await semaphore.waitUntilAvailable(1)
        order.add("available")
      }
      await order.changed.wait { semaphore.waitingCount == 1 }
      #expect(order.entries.isEmpty)
      semaphore.release(10)
    }
    #expect(order.entries == ["available"])
  }

  @Test func nothingIsLostUnderContention() async {
    let semaphore = ByteSemaphore(50)
    let total = Recorder()
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<500 {
        group.addTask {
          let size = number % 60
          await semaphore.reserve(size)
          total.add("\(number)")
          semaphore.release(size)
        }
      }
    }
    #expect(total.entries.count == 500)
    await semaphore.reserve(50)
  }
}
