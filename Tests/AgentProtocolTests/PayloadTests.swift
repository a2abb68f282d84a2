import AgentProtocol
import JSON
import Testing

@Suite struct PayloadTests {
  @Test(arguments: [#"{}"#, #"{"params":null}"#, #"{"params":[]}"#, #"{"params":{}}"#])
  func absentAndEmptyParametersAreEqual(rest: String) throws {
    let text = rest == "{}" ? #"{"operation":"x"}"# : rest.replacingFirst("{", with: #"{"operation":"x","#)
    #expect(try CommandPayload(parsing: Array(text.utf8)).params.isEmpty)
  }

  @Test(arguments: [
    (#"{"operation":"x","timeout_s":5}"#, Int64?.some(5)), (#"{"operation":"x","timeout_s":5.0}"#, 5),
    (#"{"operation":"x","timeout_s":0}"#, nil), (#"{"operation":"x","timeout_s":-3}"#, nil),
    (#"{"operation":"x","timeout_s":null}"#, nil), (#"{"operation":"x","timeout_s":86400}"#, 86_400),
  ])
  func timeoutIsOptionalPositiveAndLimited(text: String, expected: Int64?) throws {
    #expect(try CommandPayload(parsing: Array(text.utf8)).timeoutSeconds == expected)
  }

  @Test(arguments: [
    "", "null", "[]", "{}", #"{"operation":""}"#, #"{"operation":1}"#, #"{"operation":"x","params":[1]}"#,
    #"{"operation":"x","params":"a"}"#, #"{"operation":"x","timeout_s":"5"}"#,
    #"{"operation":"x","timeout_s":86401}"#,
    #"{"operation":"x","made_at":"now"}"#, #"{"operation":"x","made_at":1.5}"#,
    #"{"operation":"x","made_at":-1}"#,
    #"{"operation":"x","made_at":253402300800}"#, #"{"operation":"x","made_at":true}"#,
    #"{"operation":"x","timeout_s":1.5}"#, #"{"operation":"x","expires_at":"now"}"#, #"{"Operation":"x"}"#,
  ])
  func rejectsInvalidCommands(text: String) {
    #expect(throws: CommandPayloadError.self) { try CommandPayload(parsing: Array(text.utf8)) }
  }

  @Test(arguments: [
    (#"{"operation":"x","made_at":1748000000}"#, Int64?.some(1_748_000_000)), (#"{"operation":"x"}"#, nil),
    (#"{"operation":"x","made_at":null}"#, nil), (#"{"operation":"x","made_at":0}"#, 0),
  ])
  func madeAtIsOptional(text: String, expected: Int64?) throws {
    #expect(try CommandPayload(parsing: Array(text.utf8)).madeAt == expected)
  }

  @Test func resultsOmitEmptyMembers() {
    #expect(
      ResultPayload(commandID: "a", status: .completed).json == ["command_id": "a", "status": "completed"])
    #expect(
      ResultPayload(
        commandID: "a", status: .failed, code: .timedOut, message: "late", output: ["x": 1],
        durationMilliseconds: 3,
        isTruncated: true
      ).json == [
        "command_id": "a", "status": "failed", "message": "late", "output": ["x": 1], "code": "timed_out",
        "duration_ms": 3, "truncated": true,
      ])
  }

  @Test(arguments: [
    (String(repeating: "a", count: 100_000), String(repeating: "b", count: 10)),
    (String(repeating: "\0", count: 50_000), String(repeating: "é", count: 50_000)),
    (String(repeating: "😀", count: 30_000), String(repeating: "\"", count: 90_000)),
    (String(repeating: "x", count: 9_000), String(repeating: "y", count: 9_000)),
  ])
  func largeTextsOfAResultAreCut(stdout: String, stderr: String) throws {
    let limit = 10_000
    let result = ResultPayload(
      commandID: "c", status: .failed, message: "exit code 1",
      output: ["stdout": .string(stdout), "stderr": .string(stderr), "exit_code": 1])
    let fitted = result.fitting(limit)
    let size = JSONWriter.encode(fitted.json).count
    #expect(size <= limit)
    #expect(size > limit / 2, "most of the room is used")
    #expect(fitted.isTruncated)
    #expect(fitted.output?.objectValue?["exit_code"] == 1)
    let text = try #require(fitted.output?.objectValue?["stdout"]?.stringValue)
    #expect(text.unicodeScalars.first == stdout.unicodeScalars.first)
    #expect(text.unicodeScalars.last == stdout.unicodeScalars.last)
    #expect(fitted.fitting(limit) == fitted)
  }

  @Test func aResultThatFitsIsUnchanged() {
    let result = ResultPayload(commandID: "c", status: .completed, output: "text")
    #expect(result.fitting(1_000) == result)
  }

  /// The list itself, or one deep in an object beside texts.
  @Test(arguments: [[], ["b"], ["b", "c"]])
  func largeListsOfAResultAreShortened(path: [String]) throws {
    let services = (0..<1_000).map { number -> JSONValue in
      ["name": .string("unit-\(number).service"), "description": "What it does", "state": "active"]
    }
    let output = path.reversed().reduce(JSONValue.array(services)) { value, key in
      [
        "a": .string(String(repeating: "x", count: 5_000)), "small": [1, 2], .init(stringLiteral: key): value,
      ]
    }
    let result = ResultPayload(commandID: "c", status: .completed, output: output)
    let fitted = result.fitting(20_000)
    let size = JSONWriter.encode(fitted.json).count
    #expect(size <= 20_000)
    #expect(size > 18_000, "most of the room is used")
    #expect(fitted.isTruncated)
    #expect(fitted.status == .completed)
    let list = try #require(path.reduce(fitted.output) { $0?.objectValue?[$1] }?.arrayValue)
    #expect(list == Array(services.prefix(list.count)), "the entries that are kept are complete")
    #expect(
      fitted.message
        == "too large for one message: \(1_000 - list.count) of 1000 list entries are left out")
    #expect(fitted.fitting(20_000) == fitted)
  }

  @Test func lastLinesOfALogAreKept() throws {
    let lines = (0..<1_000).map { JSONValue.string("line \($0)") }
    let fitted = ResultPayload(
      commandID: "c", status: .failed, code: .failed, message: "why", output: ["lines": .array(lines)]
    ).fitting(3_000)
    let kept = try #require(fitted.output?.objectValue?["lines"]?.arrayValue)
    #expect(kept == Array(lines.suffix(kept.count)))
    #expect(kept.count > 100)
    #expect(fitted.message == "why")
  }

  @Test func outputThatCannotBeShortenedMakesTheResultFailed() {
    let members = (0..<10_000).map { JSONObject.Member(key: "\($0)", value: 1) }
    let fitted = ResultPayload(commandID: "c", status: .completed, output: .object(JSONObject(members)))
      .fitting(2_000)
    #expect(fitted.output == nil)
    #expect(fitted.isTruncated)
    #expect(fitted.status == .failed)
    #expect(fitted.code == .failed)
    #expect(fitted.message.contains("too large"))
    #expect(JSONWriter.encode(fitted.json).count <= 2_000)
  }

  @Test func capabilitiesOmitEmptyParameters() {
    let capabilities = CapabilitiesPayload(
      operations: [
        CatalogueEntry("a", "does a"),
        CatalogueEntry("b", "does b", parameters: [.init("n", .integer, "a number", minimumValue: 5)]),
      ], execCommands: nil, agentVersion: "1", os: nil, hostname: "h")
    #expect(
      capabilities.json == [
        "operations": [
          ["operation": "a", "description": "does a"],
          [
            "operation": "b", "description": "does b",
            "params": [
              ["name": "n", "type": "integer", "required": true, "description": "a number", "min_value": 5]
            ],
          ],
        ], "agent_version": "1", "hostname": "h",
      ])
  }
}

extension String {
  fileprivate func replacingFirst(_ character: Character, with text: String) -> String {
    guard let index = firstIndex(of: character) else { return self }
    return self[..<index] + text + self[self.index(after: index)...]
  }
}
