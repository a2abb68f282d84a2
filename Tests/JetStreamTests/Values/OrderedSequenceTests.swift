import Testing

@testable import JetStream

@Suite struct OrderedSequenceTests {
  @Test func consecutiveDeliveriesAreNext() {
    var sequence = OrderedSequence()
    sequence.consumerCreated(skipped: nil)
    #expect(sequence.deliverPolicy(from: .lastPerSubject) == .lastPerSubject)
    #expect(sequence.check(streamSequence: 5, consumerSequence: 1) == .next)
    // With a filter, stream sequences have gaps.
    #expect(sequence.check(streamSequence: 9, consumerSequence: 2) == .next)
    #expect(sequence.deliverPolicy(from: .lastPerSubject) == .startSequence(10))
  }

  @Test func missingDeliveryIsAGap() {
    var sequence = OrderedSequence()
    sequence.consumerCreated(skipped: nil)
    #expect(sequence.check(streamSequence: 2, consumerSequence: 2) == .gap)
    #expect(sequence.lastStreamSequence == 0)
    #expect(sequence.check(streamSequence: 1, consumerSequence: 1) == .next)
    #expect(sequence.check(streamSequence: 3, consumerSequence: 3) == .gap)
    #expect(sequence.deliverPolicy(from: .all) == .startSequence(2))
  }

  @Test func repeatedDeliveryIsADuplicate() {
    var sequence = OrderedSequence()
    sequence.consumerCreated(skipped: nil)
    #expect(sequence.check(streamSequence: 1, consumerSequence: 1) == .next)
    // Two connections exist for a moment while the client moves to another server.
    #expect(sequence.check(streamSequence: 1, consumerSequence: 1) == .duplicate)
    #expect(sequence.check(streamSequence: 2, consumerSequence: 2) == .next)
    #expect(sequence.check(streamSequence: 0, consumerSequence: 0) == .duplicate)
    // The next consumer counts from 1 again.
    sequence.consumerCreated(skipped: nil)
    #expect(sequence.check(streamSequence: 2, consumerSequence: 1) == .duplicate)
    #expect(sequence.check(streamSequence: 3, consumerSequence: 2) == .next)
  }

  @Test func startOfNewMessagesIsKept() {
    var sequence = OrderedSequence()
    sequence.consumerCreated(skipped: 7)
    #expect(sequence.deliverPolicy(from: .new) == .startSequence(8))
    #expect(sequence.check(streamSequence: 8, consumerSequence: 1) == .next)
    sequence.consumerCreated(skipped: 100)
    #expect(sequence.deliverPolicy(from: .new) == .startSequence(9))
    sequence.streamReset()
    #expect(sequence.deliverPolicy(from: .new) == .new)
  }

  @Test func largestSequencesDoNotOverflow() {
    var sequence = OrderedSequence()
    sequence.consumerCreated(skipped: nil)
    #expect(sequence.check(streamSequence: .max, consumerSequence: .max) == .gap)
    #expect(sequence.check(streamSequence: .max, consumerSequence: 1) == .next)
    #expect(sequence.deliverPolicy(from: .all) == .startSequence(0))
    #expect(sequence.check(streamSequence: .max, consumerSequence: 2) == .duplicate)
  }

  @Test(arguments: 0..<50) func eachMessageIsDeliveredOnceDespiteLosses(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var sequence = OrderedSequence()
    var delivered: [UInt64] = []
    var consumers = 0
    let total: UInt64 = 200
    while sequence.lastStreamSequence < total, consumers < 10_000 {
      consumers += 1
      var start: UInt64 = 1
      if case .startSequence(let next) = sequence.deliverPolicy(from: .all) { start = next }
      sequence.consumerCreated(skipped: nil)
      var consumerSequence: UInt64 = 0
      deliveries: for streamSequence in start...total {
        consumerSequence += 1
        // A tenth is lost, a tenth is duplicated.
        if Int.random(in: 0..<10, using: &random) == 0 { continue }
        for _ in 0..<(Int.random(in: 0..<10, using: &random) == 0 ? 2 : 1) {
          switch sequence.check(streamSequence: streamSequence, consumerSequence: consumerSequence) {
          case .next: delivered.append(streamSequence)
          case .duplicate: break
          case .gap: break deliveries
          }
        }
      }
    }
    #expect(delivered == Array(1...total))
  }
}

/// A deterministic generator.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
