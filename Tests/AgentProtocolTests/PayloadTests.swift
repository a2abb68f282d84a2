import AgentProtocol
import JSON
import Testing

@Suite struct PayloadTests {
  @Test(arguments: [#"{}"#, #"{"params":null}"#, #"{"params":[]}"#, #"{"params":{}}"#])
  func allFormsOfNoParametersMeanNone(rest: String) throws {
    let text = rest == "{}" ? #"{"operation":"x"}"# : rest.replacingFirst("{", with: #"{"operation":"x","#)
    #expect(try CommandPayload(parsing: Array(text.utf8)).params.isEmpty)
  }

  @Test(arguments: [
    (#"{"operation":"x","timeout_s":5}"#, Int64?.some(5)), (#"{"operation":"x","timeout_s":5.0}"#, 5),
    (#"{"operation":"x","timeout_s":0}"#, nil), (#"{"operation":"x","timeout_s":-3}"#, nil),
    (#"{"operation":"x","timeout_s":null}"#, nil), (#"{"operation":"x","timeout_s":86400}"#, 86_400),
  ])
  func timeoutsHaveADefaultAndALimit(text: String, expected: Int64?) throws {
    #expect(try CommandPayload(parsing: Array(text.utf8)).timeoutSeconds == expected)
  }

  @Test(arguments: [
    "", "null", "[]", "{}", #"{"operation":""}"#, #"{"operation":1}"#, #"{"operation":"x","params":[1]}"#,
    #"{"operation":"x","params":"a"}"#, #"{"operation":"x","timeout_s":"5"}"#,
    #"{"operation":"x","timeout_s":86401}"#,
    #"{"operation":"x","timeout_s":1.5}"#, #"{"operation":"x","expires_at":"now"}"#, #"{"Operation":"x"}"#,
  ])
  func refusesWhatIsNoCommand(text: String) {
    #expect(throws: CommandPayloadError.self) { try CommandPayload(parsing: Array(text.utf8)) }
  }

  @Test func resultsLeaveOutWhatIsEmpty() {
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
  func resultsAreCutToWhatFits(stdout: String, stderr: String) throws {
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

  @Test func aResultThatFitsStaysAsItIs() {
    let result = ResultPayload(commandID: "c", status: .completed, output: "text")
    #expect(result.fitting(1_000) == result)
  }

  @Test func outputWithoutLongTextsIsLeftOut() {
    let numbers = JSONValue.array((0..<10_000).map { .integer($0) })
    let fitted = ResultPayload(commandID: "c", status: .completed, output: numbers).fitting(2_000)
    #expect(fitted.output == nil)
    #expect(fitted.isTruncated)
    #expect(fitted.message.contains("too large"))
    #expect(JSONWriter.encode(fitted.json).count <= 2_000)
  }

  @Test func capabilitiesListParametersOnlyWhereThereAreAny() {
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
