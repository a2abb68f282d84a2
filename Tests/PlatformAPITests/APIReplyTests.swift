import JSON
import PlatformAPI
import Testing

@Suite struct APIReplyTests {
  @Test(arguments: [
    APIReply.result(["a": 1]), .result(.null), .failure(APIError(.notFound, "no agent is called x")),
  ])
  func replyDecodesAsItWasEncoded(reply: APIReply) {
    #expect(APIReply(parsing: JSONWriter.encode(reply.json)) == reply)
  }

  @Test(arguments: ["", "[]", "{}", #"{"ok":1}"#, #"{"ok":false}"#, #"{"ok":false,"error":{}}"#])
  func otherJSONIsNoReply(text: String) {
    #expect(APIReply(parsing: Array(text.utf8)) == nil)
  }
}
