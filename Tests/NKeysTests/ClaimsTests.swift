import FoundationEssentials
import Testing

@testable import NKeys

@Suite("Claims of auth callouts") struct ClaimsTests {
  private func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  @Test func userClaimsHaveTheFormOfServers() throws {
    var claims = UserClaims(
      pub: .init(allow: ["a", "b.>"]), sub: .init(allow: ["c"], deny: ["d"]),
      resp: .init(max: 1, ttl: .seconds(60)))
    claims.allowedConnectionTypes = ["STANDARD"]
    #expect(
      try json(claims)
        == #"{"allowed_connection_types":["STANDARD"],"data":-1,"payload":-1,"pub":{"allow":["a","b.>"]},"#
        + #""resp":{"max":1,"ttl":60000000000},"sub":{"allow":["c"],"deny":["d"]},"subs":-1,"#
        + #""type":"user","version":2}"#)
  }

  @Test(
    arguments: [
      (.milliseconds(1500), 1_500_000_000), (.zero, 0), (.seconds(Int64.max), .max),
    ] as [(Duration, Int64)])
  func replyDurationsAreNanoseconds(duration: Duration, nanoseconds: Int64) {
    #expect(UserClaims.ReplyPermission(max: 1, ttl: duration).ttl == nanoseconds)
  }

  @Test func responsesHaveEitherJWTOrError() throws {
    #expect(
      try json(AuthorizationResponse(jwt: "j"))
        == #"{"jwt":"j","type":"authorization_response","version":2}"#)
    #expect(
      try json(AuthorizationResponse(error: "e"))
        == #"{"error":"e","type":"authorization_response","version":2}"#)
  }

  /// A request as sent by nats-server 2.14, with other keys.
  @Test func requestOfAServerIsDecoded() throws {
    let text = """
      {"server_id":{"name":"n1","host":"127.0.0.1","id":"NA","version":"2.14.0","cluster":"c","xkey":"XA"},
       "user_nkey":"UA","client_info":{"host":"192.0.2.7","id":42,"user":"u","name":"plusclouds-vm-agent:u",
       "kind":"Client","type":"websocket","nonce":"x"},"connect_opts":{"user":"u","pass":"p",
       "name":"plusclouds-vm-agent:u","lang":"swift","version":"1.0.0","protocol":1},
       "client_tls":{"version":"1.3"},"type":"authorization_request","version":2,"more":[1]}
      """
    let request = try JSONDecoder().decode(AuthorizationRequest.self, from: Data(text.utf8))
    #expect(request.server.id == "NA")
    #expect(request.server.xkey == "XA")
    #expect(request.userKey == "UA")
    #expect(request.client.host == "192.0.2.7")
    #expect(request.client.id == 42)
    #expect(request.client.type == "websocket")
    #expect(request.options.pass == "p")
  }

  /// The id is inserted in the right place, even with similar text in other claims.
  @Test func idsAreHashesOfTheClaims() throws {
    let account = try NKeyPair(generating: .account)
    let tricky = #"","jti":"","#
    let claims = NATSClaims(sub: tricky, name: tricky, aud: tricky, iat: 1, nats: [tricky])
    let read = try NATSToken.verify(NATSToken.sign(claims, with: account), as: [String].self)
    #expect(read.jti.utf8.count == 52)
    #expect(read.sub == tricky && read.name == tricky && read.aud == tricky && read.nats == [tricky])
  }
}
