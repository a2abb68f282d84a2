import Testing
import WebSocketProtocol

@Suite("Rules of permessage-deflate")
struct MessageDeflateTests {
  @Test(arguments: [(nil, 1024), (0, 1), (100, 100), (1 << 30, 65_536)])
  func limitFollowsMaxPayload(maximumPayload: Int?, limit: Int) {
    #expect(MessageDeflate.limit(maximumPayload: maximumPayload) == limit)
  }

  @Test func onlyShorterMessagesAreUsed() {
    #expect(MessageDeflate.length(compressed: 4, original: 100) == nil)
    #expect(MessageDeflate.length(compressed: 54, original: 100) == 50)
    #expect(MessageDeflate.length(compressed: 104, original: 100) == nil)
  }

  @Test func inflateBudgetIsPerMessage() {
    var budget = MessageDeflate.InflateBudget(maximumLength: 10)
    let first = budget.add(10)
    let second = budget.add(1)
    budget.reset()
    let third = budget.add(10)
    #expect(first && !second && third)
  }
}
