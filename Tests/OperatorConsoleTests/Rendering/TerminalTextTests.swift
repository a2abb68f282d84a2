import JSON
import Testing

@testable import OperatorConsole

@Suite struct TerminalTextTests {
  @Test(arguments: [
    ("plain ünïcode 日本", "plain ünïcode 日本"), ("\u{1B}[2J\u{07}", "\\u{1B}[2J\\u{7}"),
    ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
    ("\u{9B}31m", "\\u{9B}31m"), ("\u{7F}", "\\u{7F}"), ("a\u{202E}b\u{2066}", "a\\u{202E}b\\u{2066}"),
    ("\u{2028}", "\\u{2028}"), ("\u{0}", "\\u{0}"),
  ])
  func lineShowsWhatATerminalWouldObey(text: String, shown: String) {
    #expect(TerminalText.line(text) == shown)
  }

  @Test func blockKeepsLinesAndTabs() {
    #expect(TerminalText.block("a\n\tb\r\u{1B}]0;x\u{7}") == "a\n\tb\\r\\u{1B}]0;x\\u{7}")
  }

  @Test func everyFormIsSafeAndJSONAndYAMLKeepTheValue() throws {
    let hostile: JSONValue = [
      "stdout": "a\u{1B}[2J\u{9B}x\u{202E}\u{2028}\u{E0041} ü",
      "\u{1B}k": .array(["\u{7F}", "\u{85}", 1, 2.5, nil, true, [], [:]]),
    ]
    for text in [PrettyJSON.text(of: hostile), PrettyJSON.line(of: hostile)] {
      #expect(!text.unicodeScalars.contains { $0 != "\n" && TerminalText.isUnsafe($0) })
      #expect(try JSONReader.parse(Array(text.utf8)) == hostile)
    }
    let yaml = try YAMLText.text(of: hostile)
    #expect(!yaml.unicodeScalars.contains { $0 != "\n" && TerminalText.isUnsafe($0) })
  }
}
