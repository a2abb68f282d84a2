import JSON
import Testing

@testable import OperatorCommands

@Suite struct ArgumentTests {
  @Test(
    arguments: [
      ("30", 30_000), ("30s", 30_000), ("500ms", 500), ("1h30m", 5_400_000), ("7d", 604_800_000),
      ("1s500ms", 1500), ("", nil), ("0", nil),
      ("0s", nil), ("s", nil), ("-1s", nil), ("1x", nil), ("1.5s", nil), ("10s5", nil),
      ("99999999999999999999", nil), ("31d", nil),
      ("9223372036854775807d", nil), ("٣s", nil),
    ] as [(String, Int64?)])
  func durationIsParsed(text: String, milliseconds: Int64?) {
    #expect(DurationArgument(argument: text)?.milliseconds == milliseconds)
  }

  @Test func labelsAreParsed() throws {
    let labels = try LabelArguments.parse(["env=prod", "a=b=c", "empty=", "tier-"])
    #expect(labels.set == ["env": "prod", "a": "b=c", "empty": ""])
    #expect(labels.remove == ["tier"])
    #expect(LabelArguments.text(labels.set) == "a=b=c,empty,env=prod")
  }

  @Test(arguments: ["", "=x", "env", "-", "a=b-x="])
  func malformedLabelThrows(text: String) {
    if text == "a=b-x=" {
      #expect(throws: Never.self) { try LabelArguments.parse([text]) }
    } else {
      #expect(throws: ConsoleError.self) { try LabelArguments.parse([text]) }
    }
  }

  @Test func parametersAreParsed() throws {
    let params = try ParameterArguments.parse([
      "name=nginx", "lines=50", "on=true", #"args=["-l",1]"#, #"id="123""#, "path=/a b", "empty=", "x={bad",
    ])
    #expect(
      params == [
        "name": "nginx", "lines": 50, "on": true, "args": ["-l", 1], "id": "123", "path": "/a b", "empty": "",
        "x": "{bad",
      ])
    #expect(try ParameterArguments.parse([]) == nil)
    #expect(throws: ConsoleError.self) { try ParameterArguments.parse(["x"]) }
    #expect(throws: ConsoleError.self) { try ParameterArguments.parse(["x=1", "x=2"]) }
  }
}
