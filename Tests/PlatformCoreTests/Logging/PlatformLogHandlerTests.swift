import JSON
import Logging
import Testing

@testable import PlatformCore

@Suite struct PlatformLogHandlerTests {
  @Test func consoleLinesHoldNoForgedLineOrField() {
    let fields: Logger.Metadata = ["agent": "x level=error", "seen": "a\" by=\"admin\u{1B}[2J\u{202E}"]
    let shown = #"agent="x level=error" seen="a\" by=\"admin\u{1b}[2J\u{202e}""#
    #expect(
      PlatformLogHandler.console("T", .info, "m\n2026 ERROR forged", fields)
        == #"T INFO  m\n2026 ERROR forged "# + shown)
  }

  @Test func jsonLinesAreOneObject() throws {
    let forged = "a\n{\"level\":\"error\"}"
    let fields: Logger.Metadata = ["agent": .string(forged), "level": "error"]
    let line = PlatformLogHandler.json("T", .info, "m", fields)
    #expect(!line.contains { $0.isNewline })
    let object = try #require(try JSONReader.parse(Array(line.utf8)).objectValue)
    #expect(object["level"] == "info" && object["agent"] == .string(forged))
  }

  @Test(arguments: [
    ("plain \u{FC}", "plain \u{FC}"), ("a\nb\u{1B}]0;x\u{7}", "a\\nb\\u{1B}]0;x\\u{7}"),
    ("\u{9B}\u{202E}\u{200B}", "\\u{9B}\\u{202E}\\u{200B}"),
  ])
  func errorLinesSteerNoTerminal(text: String, shown: String) {
    #expect(SafeText.line(text) == shown)
  }
}
