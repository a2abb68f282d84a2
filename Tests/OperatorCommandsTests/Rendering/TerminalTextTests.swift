import JSON
import Testing

@testable import OperatorCommands

@Suite struct TerminalTextTests {
  @Test(arguments: [
    ("plain ünïcode 日本", "plain ünïcode 日本"), ("\u{1B}[2J\u{07}", "\\u{1B}[2J\\u{7}"),
    ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
    ("\u{9B}31m", "\\u{9B}31m"), ("\u{7F}", "\\u{7F}"), ("a\u{202E}b\u{2066}", "a\\u{202E}b\\u{2066}"),
    ("\u{2028}", "\\u{2028}"), ("\u{0}", "\\u{0}"), ("a\u{200B}b\u{2060}", "a\\u{200B}b\\u{2060}"),
    ("a\u{AD}\u{3164}\u{FE0F}", "a\\u{AD}\\u{3164}\\u{FE0F}"), ("\u{E000}", "\\u{E000}"),
  ])
  func lineEscapesControlCharacters(text: String, shown: String) {
    #expect(TerminalText.line(text) == shown)
  }

  @Test func blockKeepsLineFeedsAndTabs() {
    #expect(TerminalText.block("a\n\tb\r\u{1B}]0;x\u{7}") == "a\n\tb\\r\\u{1B}]0;x\\u{7}")
  }

  @Test func printedKeepsOnlyPaletteColours() {
    let console = TestConsole(size: .init(columns: 80, rows: 24))
    let painted = console.console.palette().paint("good", .good)
    console.console.print("\(painted)\t\u{1B}]52;c;cm0=\u{7}\u{1B}[2J\u{1B}[3\n\u{9B}1m\u{202E}")
    #expect(
      console.output == "\(painted)\t\\u{1B}]52;c;cm0=\\u{7}\\u{1B}[2J\\u{1B}[3\n\\u{9B}1m\\u{202E}\n")
  }

  @Test(arguments: [
    ("nats://h:4222,tls://[::1]:1", "'nats://h:4222,tls://[::1]:1'"), ("nats://h:4222", "nats://h:4222"),
    ("", "''"), ("a b;$(x)", "'a b;$(x)'"), ("it'\u{301}s", #"'it'\''"# + "\u{301}s'"),
  ])
  func shellWordIsQuotedIfNecessary(text: String, word: String) {
    // A combining mark merges with the quotation mark as a Character, but not for a shell.
    #expect(Array(ShellWord.quoted(text).utf8) == Array(word.utf8))
  }

  @Test func allFormatsAreEscapedAndRoundTrip() throws {
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
