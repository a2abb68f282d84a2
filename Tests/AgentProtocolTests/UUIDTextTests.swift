import AgentProtocol
import Testing

@Suite struct UUIDTextTests {
  private static let uuid = "0f6c7b1e-52a9-4d0e-8c11-aa5e7d9b3c42"

  @Test func aUUIDIsAcceptedInEitherCase() {
    #expect(UUIDText.canonical(Self.uuid.uppercased()) == Self.uuid)
    #expect(AgentUUID(Self.uuid.uppercased())?.text == Self.uuid)
    #expect(AgentUUID(Self.uuid.uppercased()) == AgentUUID(Self.uuid))
    #expect(AgentUUID("Web-1")?.text == "Web-1", "other identities keep their case")
  }

  @Test(arguments: [
    "{\(uuid)}", "urn:uuid:\(uuid)", "URN:UUID:{0F6C7B1E-52A9-4D0E-8C11-AA5E7D9B3C42}",
    "0F6C7B1E52A94D0E8C11AA5E7D9B3C42",
  ])
  func otherFormsAreNotAcceptedAndHaveASuggestion(text: String) {
    #expect(UUIDText.canonical(text) == nil)
    #expect(UUIDText.suggestion(for: text) == Self.uuid)
  }

  @Test(arguments: [
    "", "web-1", uuid, "{", "urn:uuid:", "{0f6c}", String(repeating: "é", count: 32),
    "0F6C7B1E52A94D0E8C11AA5E7D9B3C4\u{212A}",
  ])
  func otherTextsHaveNoSuggestion(text: String) {
    #expect(UUIDText.suggestion(for: text) == nil)
  }
}
