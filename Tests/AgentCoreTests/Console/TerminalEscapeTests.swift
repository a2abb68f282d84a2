import HostMetrics
import JSON
import Testing

@testable import AgentCore

@Suite struct TerminalEscapeTests {
  @Test(arguments: [
    ("plain ünïcode\tand lines\n", "plain ünïcode\tand lines\n"), ("\u{1B}]0;x\u{7}", "\\u001b]0;x\\u0007"),
    ("a\u{9B}b\u{202E}c\u{200B}\r", "a\\u009bb\\u202ec\\u200b\\u000d"),
  ])
  func controlCharactersAreEscaped(text: String, shown: String) {
    #expect(Terminal.escaped(text) == shown)
  }

  @Test func escapedJSONDecodesToTheSameValue() throws {
    let value: JSONValue = ["mountpoint": "/mnt/\u{9B}31m\u{202E}\u{FEFF}\u{1B}"]
    let text = Terminal.escaped(String(decoding: JSONWriter.encode(value), as: UTF8.self))
    #expect(try JSONReader.parse(Array(text.utf8)) == value)
    #expect(text.unicodeScalars.allSatisfy { $0.isASCII })
  }
}
