import FoundationEssentials
import Logging
import Testing

@testable import StructuredLogging

@Suite struct LoggingLineTests {
  static let time = LogTimestamp(seconds: 1_767_323_045, milliseconds: 678)

  private func json(_ message: String, _ fields: Logger.Metadata = [:], level: Logger.Level = .info) -> String
  {
    String(
      decoding: LogLine.json(
        LogRecord(level: level, message: message, fields: fields, time: Self.time), schema: .agent),
      as: UTF8.self)
  }

  private struct Redacted: CustomStringConvertible {
    var description: String { "[redacted]" }
  }

  @Test(arguments: [
    ("a\u{9B}2J b", #"a\u009b2J b"#), ("x\u{202E}y z", #"x\u202ey z"#), ("\u{E0041} t", #"\udb40\udc41 t"#),
    ("caf\u{E9} \u{1F600}", "caf\u{E9} \u{1F600}"),
  ])
  func unprintableScalarsAreEscaped(text: String, escaped: String) {
    let line = json("m", ["v": "\(text)"])
    #expect(line.hasSuffix("\"v\":\"\(escaped)\"}\n"), "\(line)")
    let record = LogRecord(level: .info, message: "m", fields: ["v": "\(text)"], time: Self.time)
    let console = String(
      decoding: LogConsoleLine.text(record, schema: .agent, isColored: false), as: UTF8.self)
    #expect(console.unicodeScalars.allSatisfy { $0.isPrintable || $0 == "\n" }, "\(console)")
  }

  @Test func fieldsAreSortedAndNumbersStayNumbers() {
    let line = json(
      "result",
      [
        "status": "completed", "elapsed_ms": .stringConvertible(12), "cpu_pct": .stringConvertible(0.5),
        "big": .stringConvertible(UInt64.max), "small": .stringConvertible(Int8(-3)),
        "truncated": .stringConvertible(true), "key": .stringConvertible(Redacted()),
        "argv": ["/bin/ls", "-l", .stringConvertible(3)], "details": ["b": "2", "a": .stringConvertible(1)],
        "nan": .stringConvertible(Double.nan), "text": "12", "level": "mine",
        "f": .stringConvertible(Float(1.25)),
      ])
    #expect(
      line == #"{"level":"info","ts":"2026-01-02T03:04:05.678Z","msg":"result","argv":["/bin/ls","-l",3],"#
        + #""big":18446744073709551615,"cpu_pct":0.5,"details":{"a":1,"b":"2"},"elapsed_ms":12,"f":1.25,"#
        + #""key":"[redacted]","level_":"mine","nan":"nan","small":-3,"status":"completed","text":"12","#
        + "\"truncated\":true}\n")
  }

  @Test(
    arguments: [
      (.trace, "debug"), (.debug, "debug"), (.info, "info"), (.notice, "info"), (.warning, "warn"),
      (.error, "error"), (.critical, "error"),
    ] as [(Logger.Level, String)])
  func levelsHaveFourNames(level: Logger.Level, name: String) {
    #expect(json("x", level: level).hasPrefix("{\"level\":\"\(name)\","))
  }

  private struct Line: Decodable {
    var msg: String
    var field: String
  }

  @Test(arguments: [
    "", "plain", "quote \" backslash \\ slash /", "\u{0}\u{1}\u{7}\u{8}\t\n\u{B}\u{C}\r\u{1F}\u{7F}",
    "é ü 漢 \u{1F600}",
    "e\u{301}", "\u{2028}\u{2029}\u{FEFF}\u{FFFD}\u{10FFFF}",
    String(decoding: [0xFF, 0xC3, 0x28], as: UTF8.self),
  ])
  func textRoundTripsThroughJSON(text: String) throws {
    let line = json(text, ["field": .string(text)])
    let decoded = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
    #expect(decoded.msg.unicodeScalars.elementsEqual(text.unicodeScalars))
    #expect(decoded.field.unicodeScalars.elementsEqual(text.unicodeScalars))
    #expect(line.utf8.count { $0 < 0x20 } == 1)
  }

  @Test func lineSizeIsBounded() throws {
    let huge = String(repeating: "漢", count: 200_000)
    var deep = Logger.MetadataValue.string("x")
    for _ in 0..<1000 { deep = .array([deep]) }
    let wide = Logger.MetadataValue.array(Array(repeating: .stringConvertible(1), count: 1_000_000))
    for fields: Logger.Metadata in [
      ["field": .string(huge)], ["a": deep, "field": "y"], ["field": "", "w": wide],
    ] {
      let line = json("m", fields)
      #expect(line.utf8.count < 3 * LogLine.maximumSize)
      let decoded = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
      #expect(decoded.msg == "m")
    }
    #expect(json(huge, ["a": "b"]).hasSuffix("…\"}\n"))
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.007Z"), (-1, "1969-12-31T23:59:59.007Z"),
    (951_782_400, "2000-02-29T00:00:00.007Z"),
    (951_868_800, "2000-03-01T00:00:00.007Z"), (1_709_164_799, "2024-02-28T23:59:59.007Z"),
    (1_709_251_199, "2024-02-29T23:59:59.007Z"), (1_735_689_599, "2024-12-31T23:59:59.007Z"),
    (4_107_542_400, "2100-03-01T00:00:00.007Z"), (253_402_300_799, "9999-12-31T23:59:59.007Z"),
  ])
  func timestampsAreEncodedInUTC(seconds: Int, expected: String) {
    var bytes: [UInt8] = []
    LogTimestamp(seconds: seconds, milliseconds: 7).append(to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
  }

  @Test func consoleLinesEscapeControlCharacters() {
    let record = LogRecord(
      level: .warning, message: "a\n\u{1B}[31mb",
      fields: ["k": "v w", "n": .stringConvertible(3), "l": ["x"], "e": "", "c": "\u{9B}1"], time: Self.time)
    #expect(
      String(decoding: LogConsoleLine.text(record, schema: .agent, isColored: false), as: UTF8.self)
        == "2026-01-02T03:04:05.678Z WARN  a\\n\\u{1b}[31mb c=\\u{9b}1 e=\"\" k=\"v w\" l=[\"x\"] n=3\n")
    let colored = String(
      decoding: LogConsoleLine.text(record, schema: .agent, isColored: true), as: UTF8.self)
    #expect(colored.contains("\u{1B}[33mWARN \u{1B}[0m"))
  }
}
