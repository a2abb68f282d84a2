import Testing

@testable import PlatformCore

@Suite struct SafeTextTests {
  @Test(arguments: [
    ("plain \u{FC}", "plain \u{FC}"), ("a\nb\u{1B}]0;x\u{7}", "a\\nb\\u{1B}]0;x\\u{7}"),
    ("\u{9B}\u{202E}\u{200B}", "\\u{9B}\\u{202E}\\u{200B}"),
  ])
  func linesEscapeUnprintableCharacters(text: String, shown: String) {
    #expect(SafeText.line(text) == shown)
  }
}
