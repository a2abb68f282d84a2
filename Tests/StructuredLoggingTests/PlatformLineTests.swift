import FoundationEssentials
import Logging
import Testing

@testable import StructuredLogging

@Suite struct PlatformLineTests {
  private func json(_ message: String, _ fields: Logger.Metadata) -> String {
    let record = LogRecord(level: .info, message: message, fields: fields, time: LoggingLineTests.time)
    return String(decoding: LogLine.json(record, schema: .platform), as: UTF8.self)
  }

  private func console(_ message: String, _ fields: Logger.Metadata) -> String {
    let record = LogRecord(level: .info, message: message, fields: fields, time: LoggingLineTests.time)
    return String(
      decoding: LogConsoleLine.text(record, schema: .platform, isColored: false), as: UTF8.self)
  }

  @Test func consoleLinesEscapeForgedLinesAndFields() {
    let fields: Logger.Metadata = [
      "agent": "x level=error", "seen": "a\" by=\"admin\u{1B}[2J\u{202E}", "empty": "",
      "n": .stringConvertible(3),
    ]
    let shown = #"agent="x level=error" empty="" n=3 seen="a\" by=\"admin\u{1b}[2J\u{202e}""#
    #expect(
      console("m\n2026 ERROR forged", fields)
        == #"2026-01-02T03:04:05.678Z INFO  m\n2026 ERROR forged "# + shown + "\n")
  }

  @Test func jsonLinesAreOneObject() throws {
    struct Line: Decodable {
      var level: String
      var agent: String
    }
    let forged = "a\n{\"level\":\"error\"}"
    let line = json("m", ["agent": .string(forged), "level": "error"])
    #expect(line.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
    let decoded = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
    #expect(decoded.level == "info" && decoded.agent == forged)
  }

  @Test func jsonFieldsAreText() {
    #expect(
      json(
        "m\u{8}\u{C}\u{7F}",
        ["n": .stringConvertible(3), "list": ["a", .stringConvertible(true)], "time": "x", "ts": "y"])
        == #"{"time":"2026-01-02T03:04:05.678Z","level":"info","message":"m\u0008\u000c\u007f","#
        + #""list":"[\"a\", \"true\"]","n":"3","ts":"y"}"# + "\n")
  }

  @Test func longValuesAreNotTruncatedInJSON() {
    #expect(
      json("m", ["a": .string(String(repeating: "x", count: 100_000)), "b": "y"]).hasSuffix(
        "x\",\"b\":\"y\"}\n"))
  }
}
