import AgentProtocol
import JSON
import Testing

@Suite struct EnvelopeTests {
  @Test func decodesACommandAndIgnoresUnknownMembers() throws {
    let text = """
      {"v":1,"id":"c1","type":"command","agent_type":"vm","agent_uuid":"U","timestamp":1748000000,
       "reply_to":"_INBOX.x","payload":{"operation":"exec"},"later":{"deep":[[[[1]]]]}}
      """
    let envelope = try Envelope(parsing: Array(text.utf8))
    #expect(
      envelope
        == Envelope(
          id: "c1", type: "command", agentUUID: "U", timestamp: 1_748_000_000, replyTo: "_INBOX.x",
          payload: Array(#"{"operation":"exec"}"#.utf8)))
  }

  @Test(arguments: [
    ("", EnvelopeError.malformed(JSONError(.truncated, at: 0))),
    ("[]", .malformed(JSONError(.notAnObject, at: 0))),
    ("{}", .missingVersion),
    (#"{"v":2}"#, .unsupportedVersion(2)),
    (#"{"v":"1"}"#, .unsupportedVersion("1")),
    (#"{"v":null}"#, .unsupportedVersion(.null)),
    (#"{"v":[1]}"#, .unsupportedVersion(.array([]))),
    (#"{"v":1} x"#, .malformed(JSONError(.trailingBytes, at: 8))),
  ])
  func rejectsOtherVersionsAndMalformedJSON(text: String, expected: EnvelopeError) {
    #expect(throws: expected) { try Envelope(parsing: Array(text.utf8)) }
  }

  @Test(arguments: [
    (#"{"v":1,"id":"a","type":5}"#, ["type"]),
    (#"{"v":1,"id":"a","timestamp":"soon"}"#, ["timestamp"]),
    (#"{"v":1,"id":"a","reply_to":{},"agent_uuid":[]}"#, ["reply_to", "agent_uuid"]),
    (#"{"v":1,"id":7}"#, ["id"]),
    (#"{"v":1,"id":null,"type":null,"agent_uuid":null,"reply_to":null,"timestamp":null}"#, []),
    (#"{"v":1,"id":7,"id":"a"}"#, []),
    (#"{"v":1.0,"id":"a","timestamp":1.5}"#, []),
  ])
  func membersOfTheWrongTypeAreListed(text: String, malformed: [String]) throws {
    #expect(try Envelope(parsing: Array(text.utf8)).malformedFields == malformed)
  }

  @Test func payloadOfAnyDepthLeavesTheIDReadable() throws {
    let deep = String(repeating: "[", count: 200_000) + String(repeating: "]", count: 200_000)
    let envelope = try Envelope(parsing: Array(#"{"v":1,"id":"a","payload":\#(deep)}"#.utf8))
    #expect(envelope.id == "a")
    #expect(throws: CommandPayloadError.self) { try CommandPayload(parsing: envelope.payload) }
  }

  @Test func encodedEnvelopeDecodes() throws {
    let agent = try #require(AgentUUID("0b5f-A"))
    let bytes = EnvelopeWriter(agent: agent).envelope(.result, payload: ["a": "\"\n"], timestamp: 12)
    let envelope = try Envelope(parsing: bytes)
    #expect(envelope.type == "result")
    #expect(envelope.agentUUID == "0b5f-A")
    #expect(envelope.timestamp == 12)
    #expect(envelope.payload == Array(#"{"a":"\"\n"}"#.utf8))
    #expect(try JSONReader.parse(bytes).objectValue?["agent_type"] == "vm")
  }

  @Test func timeHasNoIDAndNamesTheMessageItAnswers() throws {
    let agent = try #require(AgentUUID("0b5f-A"))
    let bytes = EnvelopeWriter(agent: agent).time(inReplyTo: "m", timestamp: 12)
    let object = try #require(try JSONReader.parse(bytes).objectValue)
    #expect(object["id"] == nil)
    let envelope = try Envelope(parsing: bytes)
    #expect(envelope.isTime)
    #expect(envelope.timestamp == 12)
    #expect(TimePayload(parsing: envelope.payload)?.inReplyTo == "m")
  }

  @Test(arguments: [
    #"{"v":1,"id":"a","type":"time","timestamp":1}"#, #"{"v":1,"type":"Time","timestamp":1}"#,
    #"{"v":1,"type":"time","timestamp":"1"}"#, #"{"v":1,"id":7,"type":"time","timestamp":1}"#,
  ])
  func timeWithAnIDOrMalformedMembersIsNotATime(text: String) throws {
    #expect(try !Envelope(parsing: Array(text.utf8)).isTime)
  }

  @Test(arguments: ["", "null", "{}", #"{"in_reply_to":1}"#, #"{"in_reply_to":""}"#, "[\"in_reply_to\"]"])
  func timeWithoutAMessageIDIsRejected(text: String) {
    #expect(TimePayload(parsing: Array(text.utf8)) == nil)
  }

  @Test func idsAreRandomUUIDs() {
    let ids = Set((0..<1_000).map { _ in MessageID.random() })
    #expect(ids.count == 1_000)
    for id in ids {
      let groups = id.split(separator: "-")
      #expect(groups.map(\.count) == [8, 4, 4, 4, 12])
      #expect(groups[2].hasPrefix("4"))
      #expect("89ab".contains(groups[3].first ?? " "))
      #expect(id.utf8.allSatisfy { "0123456789abcdef-".utf8.contains($0) })
    }
  }

  @Test(arguments: [
    ("9B1DEB4D-3B7D-4BAD-9BDD-2B0D7B3DCB6D", true), ("a", true), ("under_score", true), ("", false),
    ("a.b", false),
    ("a b", false), ("*", false), (">", false), ("ü", false), ("\u{212A}", false),
    (String(repeating: "a", count: 129), false),
  ])
  func agentUUIDIsATokenOfSubjects(text: String, isValid: Bool) {
    #expect((AgentUUID(text) != nil) == isValid)
  }

  @Test func agentUUIDMatchesWithoutRegardToASCIICase() throws {
    let agent = try #require(AgentUUID("aB-1"))
    #expect(agent.matches("Ab-1"))
    #expect(!agent.matches("ab-2"))
    #expect(!agent.matches("ab-"))
    #expect(AgentUUID("k")?.matches("\u{212A}") == false)
    #expect(AgentUUID("kkk")?.matches("\u{212A}") == false)
    #expect(AgentSubjects(agent).commands == "agent.vm.aB-1.cmd")
  }
}
