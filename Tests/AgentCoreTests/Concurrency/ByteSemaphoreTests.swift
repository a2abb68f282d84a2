import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(1))) struct ByteSemaphoreTests {
  @Test func waitersAreServedInOrder() async {
    let budget = ByteSemaphore(100)
    await budget.reserve(60)
    let order = Recorder()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await budget.reserve(50)
        order.add("large")
      }
      await order.changed.wait { budget.waitingCount == 1 }
      group.addTask {
        await budget.reserve(10)
        order.add("small")
      }
      await order.changed.wait { budget.waitingCount == 2 }
      #expect(order.entries.isEmpty, "the smaller one would fit, but arrived later")
      budget.release(60)
    }
    #expect(Set(order.entries) == ["large", "small"])
  }

  @Test func requestBeyondTheLimitIsGrantedAlone() async {
    let budget = ByteSemaphore(10)
    await budget.reserve(1_000)
    budget.release(1_000)
    await budget.reserve(10)
  }

  @Test func nothingIsLostUnderContention() async {
    let budget = ByteSemaphore(50)
    let total = Recorder()
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<500 {
        group.addTask {
          let size = number % 60
          await budget.reserve(size)
          total.add("\(number)")
          budget.release(size)
        }
      }
    }
    #expect(total.entries.count == 500)
    await budget.reserve(50)
  }
}
