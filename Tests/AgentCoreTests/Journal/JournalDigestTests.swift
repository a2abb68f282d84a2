import JSON
import Testing

@testable import AgentCore

@Suite struct JournalDigestTests {
  private static func digest(_ operation: String, _ params: String) throws -> UInt64 {
    let value = try JSONReader.parse(Array(params.utf8))
    return CommandDigest.of(operation, try #require(value.objectValue))
  }

  @Test(arguments: [
    (#"{"a":1,"b":[1,{"x":1,"y":2}]}"#, #" { "b" : [ 1.0, {"y":2,"x":1} ], "a":1 }"#),
    (#"{"a":"é"}"#, #"{"a":"\u00e9"}"#), (#"{"a":1,"a":2}"#, #"{"a":2}"#), ("{}", "{ }"),
  ])
  func sameCommandHasTheSameDigest(first: String, second: String) throws {
    #expect(try Self.digest("exec", first) == Self.digest("exec", second))
  }

  @Test(arguments: [
    (#"{"a":1}"#, #"{"a":2}"#), (#"{"a":1}"#, #"{"a":"1"}"#), (#"{"a":[1,2]}"#, #"{"a":[2,1]}"#),
    (#"{"a":1}"#, "{}"), (#"{"a":null}"#, "{}"), (#"{"a":"é"}"#, #"{"a":"e\u0301"}"#),
    (#"{"é":1,"e\u0301":2}"#, #"{"é":2,"e\u0301":1}"#),
  ])
  func otherCommandHasAnotherDigest(first: String, second: String) throws {
    #expect(try Self.digest("exec", first) != Self.digest("exec", second))
  }

  @Test(arguments: [("caf\u{E9}", "cafe\u{301}"), ("K", "\u{212A}")])
  func keysAndDigestsAreComputedFromBytes(name: String, equivalent: String) throws {
    #expect(JournalKey(name) != JournalKey(equivalent))
    #expect(try Self.digest(name, "{}") != Self.digest(equivalent, "{}"))
  }

  @Test func digestDependsOnTheOperation() throws {
    #expect(try Self.digest("a", "{}") != Self.digest("b", "{}"))
  }

  private static func command(claimed: Int64?, localTime: Int64) -> JournaledCommand {
    JournaledCommand(
      key: JournalKey("a"), id: "a", operation: "o", digest: 1, claimed: claimed, localTime: localTime)
  }

  @Test(arguments: [
    // this machine's clock, the claimed time, and the clamped time
    (Int64(1_000_000), Int64?(999_000), Int64(999_000)), (1_000_000, 1_000_300, 1_000_300),
    (1_000_000, nil, 1_000_000), (50, nil, 50), (.max, .max, .max), (1_000_000, 1_000_301, 1_000_000),
    (1_000_000, .max, 1_000_000), (1_000_000, .min, 1_000_000), (1_000_000, -1, 1_000_000),
  ])
  func claimedTimesAreClamped(localTime: Int64, claimed: Int64?, made: Int64) {
    let command = Self.command(claimed: claimed, localTime: localTime)
    #expect(command.received == localTime)
    #expect(command.made == made)
  }

  @Test(arguments: [
    (Int64?.none, Int64?.none), (999_000, 999_000), (1_000_300, 1_000_300), (1_000_301, 1_000_300),
    (.max, 1_000_300), (.min, .min),
  ])
  func lookUpTimesAreClamped(claimed: Int64?, made: Int64?) {
    #expect(JournaledCommand.made(claimed: claimed, localTime: 1_000_000) == made)
  }

  @Test func claimsDoNotExtendTheirOwnBound() {
    var index = JournalIndex()
    index.append(segment: 1, bytes: 0)
    let local: Int64 = 1_000_000
    var claim = local
    for number in 0..<1_000 {
      claim += 299
      let command = JournaledCommand(
        key: JournalKey("\(number)"), id: "\(number)", operation: "o", digest: 1, claimed: claim,
        localTime: max(local, index.newestReceived))
      index.apply(.answered(command, messageID: "m", isDelivered: true), offset: 0, length: 1)
    }
    #expect(index.newestReceived == local)
    #expect(index.newestMade == local + 299)
    let honest = JournaledCommand.made(claimed: local + 1, localTime: max(local, index.newestReceived))
    #expect(honest == local + 1)
    // After the watermark has moved to the latest claimed time.
    index.raiseWatermark(to: index.newestMade)
    let lookup = index.lookUp(JournalKey("new"), made: local + 300, to: .test) { 1 }
    #expect(lookup == .unknown)
  }
}
