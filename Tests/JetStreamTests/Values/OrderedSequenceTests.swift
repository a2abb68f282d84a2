import Testing

@testable import JetStream

@Suite struct OrderedSequenceTests {
  @Test func takesWhatComesNext() {
    var sequence = OrderedSequence()
    sequence.consumerMade(skipped: nil)
    #expect(sequence.deliverPolicy(from: .lastPerSubject) == .lastPerSubject)
    #expect(sequence.judge(streamSequence: 5, consumerSequence: 1) == .next)
    // Filtered: the numbers of the stream have gaps of their own.
    #expect(sequence.judge(streamSequence: 9, consumerSequence: 2) == .next)
    #expect(sequence.deliverPolicy(from: .lastPerSubject) == .startSequence(10))
  }

  @Test func noticesWhatIsMissing() {
    var sequence = OrderedSequence()
    sequence.consumerMade(skipped: nil)
    #expect(sequence.judge(streamSequence: 2, consumerSequence: 2) == .gap)
    #expect(sequence.lastStreamSequence == 0)
    #expect(sequence.judge(streamSequence: 1, consumerSequence: 1) == .next)
    #expect(sequence.judge(streamSequence: 3, consumerSequence: 3) == .gap)
    #expect(sequence.deliverPolicy(from: .all) == .startSequence(2))
  }

  @Test func passesOverWhatComesTwice() {
    var sequence = OrderedSequence()
    sequence.consumerMade(skipped: nil)
    #expect(sequence.judge(streamSequence: 1, consumerSequence: 1) == .next)
    // Two connections stand for a moment while the client moves to another server.
    #expect(sequence.judge(streamSequence: 1, consumerSequence: 1) == .duplicate)
    #expect(sequence.judge(streamSequence: 2, consumerSequence: 2) == .next)
    #expect(sequence.judge(streamSequence: 0, consumerSequence: 0) == .duplicate)
    // The next consumer counts from 1 again.
    sequence.consumerMade(skipped: nil)
    #expect(sequence.judge(streamSequence: 2, consumerSequence: 1) == .duplicate)
    #expect(sequence.judge(streamSequence: 3, consumerSequence: 2) == .next)
  }

  @Test func remembersWhereNewMessagesBegan() {
    var sequence = OrderedSequence()
    sequence.consumerMade(skipped: 7)
    #expect(sequence.deliverPolicy(from: .new) == .startSequence(8))
    #expect(sequence.judge(streamSequence: 8, consumerSequence: 1) == .next)
    sequence.consumerMade(skipped: 100)
    #expect(sequence.deliverPolicy(from: .new) == .startSequence(9))
    sequence.streamBeganAnew()
    #expect(sequence.deliverPolicy(from: .new) == .new)
  }

  @Test func survivesTheLargestNumbers() {
    var sequence = OrderedSequence()
    sequence.consumerMade(skipped: nil)
    #expect(sequence.judge(streamSequence: .max, consumerSequence: .max) == .gap)
    #expect(sequence.judge(streamSequence: .max, consumerSequence: 1) == .next)
    #expect(sequence.deliverPolicy(from: .all) == .startSequence(0))
    #expect(sequence.judge(streamSequence: .max, consumerSequence: 2) == .duplicate)
  }

  @Test(arguments: 0..<50) func deliversAllOnceWhateverIsLost(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var sequence = OrderedSequence()
    var delivered: [UInt64] = []
    var consumers = 0
    let total: UInt64 = 200
    while sequence.lastStreamSequence < total, consumers < 10_000 {
      consumers += 1
      var start: UInt64 = 1
      if case .startSequence(let next) = sequence.deliverPolicy(from: .all) { start = next }
      sequence.consumerMade(skipped: nil)
      var consumerSequence: UInt64 = 0
      deliveries: for streamSequence in start...total {
        consumerSequence += 1
        // A tenth is lost, a tenth comes twice.
        if Int.random(in: 0..<10, using: &random) == 0 { continue }
        for _ in 0..<(Int.random(in: 0..<10, using: &random) == 0 ? 2 : 1) {
          switch sequence.judge(streamSequence: streamSequence, consumerSequence: consumerSequence) {
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

/// Numbers that are the same in every run.
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
