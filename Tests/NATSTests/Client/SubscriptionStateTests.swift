import DequeModule
import Logging
import NIOCore
import Testing

@testable import NATS

@Suite struct SubscriptionStateTests {
  private let client = NATSClient(
    configuration: NATSClientConfiguration(servers: []),
    logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))

  @Test func newestMessagesAreDroppedAndReportedOncePerEpisode() {
    var state = SubscriptionState(maxMessages: 3, maxBytes: 1000)
    #expect(append(2, to: &state).episodeOfDrops == nil)
    let first = append(3, to: &state)
    #expect(first.episodeOfDrops == 1)
    #expect(first.dropped == 2)
    #expect(append(1, to: &state).episodeOfDrops == nil)
    #expect(state.dropped == 3)
    #expect(state.received == 6)
    var batch = Deque<NATSMessage>()
    _ = state.take(into: &batch)
    #expect(batch.map(\.subject) == ["s0", "s1", "s0"])
    batch.removeAll()
    // After the reader has caught up, the next drop is reported again.
    #expect(append(5, to: &state).episodeOfDrops == 4)
  }

  @Test func pendingBytesAreLimited() {
    var state = SubscriptionState(maxMessages: 100, maxBytes: 25)
    #expect(append(3, size: 10, to: &state).dropped == 1)
    #expect(state.pendingBytes == 20)
    var big = SubscriptionState(maxMessages: 100, maxBytes: 25)
    #expect(append(1, size: 100, to: &big).dropped == 0)
  }

  @Test func endsExactlyAfterTheLimit() {
    var state = SubscriptionState(maxMessages: 100, maxBytes: 1000)
    let passed = state.setLimit(5)
    #expect(!passed)
    #expect(!append(3, to: &state).isComplete)
    let left = state.resubscribed()
    #expect(left == 2)
    #expect(append(4, to: &state).isComplete)
    #expect(state.received == 5)
    #expect(state.pendingMessages == 5)
    var batch = Deque<NATSMessage>()
    _ = state.take(into: &batch)
    guard case .end = state.take(into: &batch) else {
      Issue.record("the subscription must have ended")
      return
    }
  }

  @Test func reachedLimitEndsTheSubscription() {
    var state = SubscriptionState(maxMessages: 100, maxBytes: 1000)
    _ = append(3, to: &state)
    let passed = state.setLimit(3)
    #expect(passed)
    #expect(state.isFinished)
  }

  @Test func limitCountsMessagesOfTheCurrentConnection() {
    var state = SubscriptionState(maxMessages: 100, maxBytes: 1000)
    _ = append(3, to: &state)
    let left = state.resubscribed()
    #expect(left == nil)
    _ = append(1, to: &state)
    _ = state.setLimit(10)
    #expect(state.limitOnThisConnection == 7)
  }

  @Test func severalReadersTakeOneMessageAtATime() {
    var state = SubscriptionState(maxMessages: 100, maxBytes: 1000)
    state.readerBegan()
    state.readerBegan()
    _ = append(3, to: &state)
    var batch = Deque<NATSMessage>()
    _ = state.take(into: &batch)
    #expect(batch.count == 1)
    batch.removeAll()
    _ = state.readerEnded()
    _ = state.take(into: &batch)
    #expect(batch.count == 2)
  }

  private func append(
    _ count: Int, size: Int = 1, to state: inout SubscriptionState
  ) -> SubscriptionState.Appended {
    var frames = Deque(
      (0..<count).map {
        MessageFrame(
          subject: "s\($0)", replyTo: nil, headers: nil, payload: ByteBuffer(repeating: 0, count: size))
      })
    return state.append(&frames, connectionID: 1, client: client)
  }
}
