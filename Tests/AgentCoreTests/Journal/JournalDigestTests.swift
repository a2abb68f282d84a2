import JSON
import Testing

@testable import AgentCore

@Suite struct JournalDigestTests {
  /// The examples of FIPS 180-4 and of lengths around a block, by another implementation.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 55), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"
    ),
    (
      String(repeating: "a", count: 64), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func sha256IsTheStandardOne(text: String, expected: String) {
    let words = SHA256.digest(of: Array(text.utf8))
    let hex = words.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
    #expect(hex == expected)
  }

  private static func digest(_ operation: String, _ params: String) throws -> UInt64 {
    let value = try JSONReader.parse(Array(params.utf8))
    return CommandDigest.of(operation, try #require(value.objectValue))
  }

  @Test(arguments: [
    (#"{"a":1,"b":[1,{"x":1,"y":2}]}"#, #" { "b" : [ 1.0, {"y":2,"x":1} ], "a":1 }"#),
    (#"{"a":"é"}"#, #"{"a":"\u00e9"}"#), (#"{"a":1,"a":2}"#, #"{"a":2}"#), ("{}", "{ }"),
  ])
  func theSameCommandHasTheSameDigest(first: String, second: String) throws {
    #expect(try Self.digest("exec", first) == Self.digest("exec", second))
  }

  @Test(arguments: [
    (#"{"a":1}"#, #"{"a":2}"#), (#"{"a":1}"#, #"{"a":"1"}"#), (#"{"a":[1,2]}"#, #"{"a":[2,1]}"#),
    (#"{"a":1}"#, "{}"), (#"{"a":null}"#, "{}"), (#"{"a":"é"}"#, #"{"a":"e\u0301"}"#),
    (#"{"é":1,"e\u0301":2}"#, #"{"é":2,"e\u0301":1}"#),
  ])
  func anotherCommandHasAnother(first: String, second: String) throws {
    #expect(try Self.digest("exec", first) != Self.digest("exec", second))
  }

  @Test func theOperationCounts() throws {
    #expect(try Self.digest("a", "{}") != Self.digest("b", "{}"))
  }

  @Test(arguments: [
    // the clock, whether it is right, when the envelope says it was made, what is believed, and when it came
    (Int64(1_000_000), true, Int64?(999_000), Int64?(999_000), Int64(1_000_000)),
    (1_000_000, true, 1_000_100, 1_000_100, 1_000_000),
    (1_000_000, true, nil, nil, 1_000_000), (50, false, nil, nil, 50),
    (1_000_000, false, 999_000, 999_000, 999_000), (1_000_000, false, 1_000_300, 1_000_300, 1_000_300),
    (.max, true, .max, .max, .max),
  ])
  func aTimeIsBelievedWithinLimits(
    now: Int64, isSynchronised: Bool, sentAt: Int64?, made: Int64?, received: Int64
  ) {
    let time = GateTime(now: now, isSynchronised: isSynchronised)
    #expect(JournaledCommand.made(sentAt: sentAt, at: time) == made)
    let command = JournaledCommand(
      key: JournalKey("a"), id: "a", operation: "o", digest: 1, sentAt: sentAt, at: time)
    #expect(command.received == received)
    #expect(command.made == made ?? received)
  }

  @Test(arguments: [true, false], [Int64(1_001_000), 1_000_000_000, .max, .min, -1])
  func whatCannotBeBelievedCountsAsNow(isSynchronised: Bool, sentAt: Int64) {
    let time = GateTime(now: 1_000_000, isSynchronised: isSynchronised)
    let command = JournaledCommand(
      key: JournalKey("a"), id: "a", operation: "o", digest: 1, sentAt: sentAt, at: time)
    #expect(command.made == 1_000_000)
    #expect(command.received == 1_000_000)
  }

  @Test func aClockThatWasSetBackDoesNotMakeCommandsUnbelievable() {
    let time = GateTime(now: 50, isSynchronised: false)
    #expect(JournaledCommand.made(sentAt: 1_000_010, at: time, newest: 1_000_000) == 1_000_010)
    let command = JournaledCommand(
      key: JournalKey("a"), id: "a", operation: "o", digest: 1, sentAt: 1_000_010, at: time,
      newest: 1_000_000)
    #expect(command.made == 1_000_010)
    #expect(command.received == 1_000_010)
  }
}
