import Testing

@testable import HostControl

@Suite(.timeLimit(.minutes(1))) struct StopRequestTests {
  @Test func operationWithoutARequestReturnsItsResult() async {
    let stop = StopRequest()
    #expect(await stop.interrupting { Task.isCancelled } == false)
    #expect(await stop.interrupting { 7 } == 7)
    #expect(!stop.isMade)
  }

  @Test func requestCancelsTheOperationAndReturnsItsResult() async {
    let stop = StopRequest()
    let (started, signal) = AsyncStream<Void>.makeStream()
    async let answer: Bool? = stop.interrupting {
      signal.yield()
      // Ends when its task is cancelled.
      for await _ in AsyncStream<Void>.makeStream().stream {}
      return Task.isCancelled
    }
    for await _ in started { break }
    stop.make()
    #expect(await answer == true)
  }

  @Test func operationAfterARequestIsNotStarted() async {
    let stop = StopRequest()
    stop.make()
    stop.make()
    #expect(stop.isMade)
    #expect(await stop.interrupting { 1 } == nil)
  }
}
