import PlatformAPI
import Testing

@testable import PlatformCore

@Suite struct AgentReferenceTests {
  private static let victim = "aaaa1111-0000-4000-8000-000000000001"
  private static let impostor = "cccc1111-0000-4000-8000-000000000001"

  private func resolve(_ reference: String, _ names: [String: String?]) throws -> String {
    try AgentReference.resolve(
      reference, among: names.map { .init(uuid: $0.key, hostname: $0.value.flatMap(HostName.init)) })
  }

  @Test(arguments: ["aaaa", "aaaa1111", "AAAA1111", "aaaa1111-0000-4000-8000-00000000000"])
  func hostNameAndUUIDPrefixAreAmbiguous(reference: String) {
    let expected = APIError(
      .invalid,
      "\"\(reference)\" fits 2 agents, use the uuid: \(Self.victim) (victim), \(Self.impostor) "
        + "(\(reference.lowercased()))")
    #expect(throws: expected) {
      try resolve(reference, [Self.victim: "victim", Self.impostor: reference.lowercased()])
    }
  }

  @Test func wholeUUIDNeverMatchesAHostName() throws {
    #expect(
      try resolve(Self.victim.uppercased(), [Self.victim: nil, Self.impostor: Self.victim]) == Self.victim)
    #expect(throws: APIError(.notFound, "there is no agent \"\(Self.victim)\"")) {
      try resolve(Self.victim, [Self.impostor: Self.victim])
    }
  }

  @Test func agentThatMatchesTwiceIsUnambiguous() throws {
    #expect(try resolve("aaaa1111", [Self.victim: "aaaa1111", Self.impostor: "x"]) == Self.victim)
  }

  @Test(arguments: ["", "aaa", "w", "victim.", String(repeating: "a", count: 300)])
  func invalidReferencesMatchNoAgent(reference: String) {
    #expect(throws: APIError.self) { try resolve(reference, [Self.victim: "victim"]) }
  }

  @Test(arguments: ["\u{212A}1", "k1\u{301}", "\u{E9}"])
  func canonicallyEquivalentReferencesMatchNoHostName(reference: String) throws {
    #expect(throws: APIError.self) { try resolve(reference, [Self.victim: "k1"]) }
    #expect(try resolve("K1", [Self.victim: "k1"]) == Self.victim)
  }

  @Test(arguments: [
    "web-1", "WEB", "1", "a.b.c", "0x", String(repeating: "a", count: 63) + ".b",
  ])
  func hostNamesByRFC1123AreValid(text: String) {
    #expect(HostName(text)?.text == text)
  }

  @Test(arguments: [
    "", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "a_b", "a b", "w$({touch,/x})", "a\n", "\u{E9}",
    "e\u{301}", "\u{212A}1",
    String(repeating: "a", count: 64), String(repeating: "a.", count: 127) + "a",
  ])
  func otherTextsAreInvalidHostNames(text: String) {
    #expect(HostName(text) == nil)
  }
}
