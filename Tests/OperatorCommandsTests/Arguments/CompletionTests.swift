import PlatformAPI
import Testing

@testable import OperatorCommands

@Suite struct CompletionTests {
  @Test(arguments: ["web-1", "a.b_c", "0b5e3a52-6d1c-4a7e-9a55-2f0a3f1c9b11", ".a", "X"])
  func safeWordsAreCompletions(text: String) {
    #expect(CompletionWord(text)?.text == text)
  }

  @Test(arguments: [
    "", "-n", "--all", "w$({touch,/x})", "`x`", "a b", "a\tb", "a\nb", "a:b", "a'b", "a\"b", "a\\b", "*",
    "~root", "a;b",
    "a/b", "a=b", "{a,b}", "\u{E9}", "e\u{301}", "\u{1B}[2J", String(repeating: "x", count: 254),
  ])
  func unsafeWordsAreNotCompletions(text: String) {
    #expect(CompletionWord(text) == nil)
  }

  @Test func ambiguousHostNameIsCompletedAsUUID() {
    func agent(_ uuid: String, _ hostname: String?) -> AgentView {
      var agent = AgentView(uuid: uuid, status: .alive)
      agent.hostname = hostname
      return agent
    }
    let words = AgentCompletion.words(for: [
      agent("aaaa1111-0", "victim"), agent("b", "AAAA1111"), agent("c", "twin"), agent("d", "TWIN"),
      agent("e", nil),
      agent("f", "x y"), agent("g", "db"),
    ])
    #expect(words.map(\.text) == ["victim", "b", "c", "d", "e", "f", "db"])
  }
}
