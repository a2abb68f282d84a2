import JSON
import NATSProtocol
import Testing

@Suite struct NATSServerInfoTests {
  @Test func missingMembersHaveDefaults() throws {
    let info = try NATSServerInfo(json: Array("{}".utf8))
    #expect(info.maxPayload == 1 << 20)
    #expect(!info.headers)
    #expect(info.connectURLs.isEmpty)
    #expect(!info.lameDuckMode)
    #expect(info.nonce == nil)
  }

  @Test func membersOfTheWrongTypeCountAsMissing() throws {
    let text =
      #"{"max_payload":"1","headers":1,"connect_urls":["a:1",2,null],"ldm":"yes","client_id":-1,"port":1e300}"#
    let info = try NATSServerInfo(json: Array(text.utf8))
    #expect(info.maxPayload == 1 << 20)
    #expect(!info.headers)
    #expect(info.connectURLs == ["a:1"])
    #expect(!info.lameDuckMode)
    #expect(info.clientID == nil)
    #expect(info.port == 0)
  }

  @Test(arguments: ["", "[]", "null", "{", "{\"a\":}", "\u{FEFF}{}"])
  func invalidObjectsThrow(text: String) {
    #expect(throws: JSONError.self) { try NATSServerInfo(json: Array(text.utf8)) }
  }
}
