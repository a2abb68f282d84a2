import FoundationEssentials
import NKeys
import Testing

@testable import PlatformCore

@Suite("Requests of servers") struct CalloutRequestTests {
  private static func claims(
    server: NKeyPair, serverID: String? = nil, user: NKeyPair, aud: String? = AuthorizationRequest.audience,
    iat: Int64 = 1000,
    exp: Int64? = 1003, type: String = "authorization_request"
  ) throws -> NATSClaims<AuthorizationRequest> {
    let json = """
      {"server_id":{"id":"\(serverID ?? server.description)"},"user_nkey":"\(user)","client_info":{"host":"127.0.0.1","id":7},
       "connect_opts":{"user":"u","pass":"p"},"type":"\(type)","version":2}
      """
    return NATSClaims(
      sub: user.description, aud: aud, iat: iat, exp: exp,
      nats: try JSONDecoder().decode(AuthorizationRequest.self, from: Data(json.utf8)))
  }

  private static func open(_ token: String, now: Double = 1001) throws(CalloutRequest.Invalid)
    -> CalloutRequest
  {
    try CalloutRequest(token: Array(token.utf8), sharedKey: nil, now: now, tolerance: .seconds(60))
  }

  @Test func serverTimeoutIsBoundedWithoutOverflow() {
    #expect(CalloutRequest.serverTimeout(issuedAt: 100, expiresAt: 102) == .seconds(2))
    #expect(CalloutRequest.serverTimeout(issuedAt: 100, expiresAt: 100_000) == .seconds(60))
    #expect(CalloutRequest.serverTimeout(issuedAt: -1, expiresAt: .max) == .seconds(60))
    #expect(CalloutRequest.serverTimeout(issuedAt: 100, expiresAt: 100) == nil)
    #expect(CalloutRequest.serverTimeout(issuedAt: 100, expiresAt: nil) == nil)
  }

  @Test func signedRequestIsAccepted() throws {
    let server = try NKeyPair(generating: .server)
    let user = try NKeyPair(generating: .user)
    let token = try NATSToken.sign(Self.claims(server: server, user: user), with: server)
    let request = try Self.open(token)
    #expect(request.claims.userKey == user.description)
    #expect(request.claims.options.pass == "p")
    #expect(request.claims.client.id == 7)
    #expect(request.serverTimeout == .seconds(3))
    // Clocks may differ by a minute in both directions.
    for now in [941.0, 1062] { _ = try Self.open(token, now: now) }
    for now in [939.0, 1064, 0, 1e12] {
      #expect(throws: CalloutRequest.Invalid.self) { try Self.open(token, now: now) }
    }
  }

  @Test func canonicallyEquivalentServerIDIsRejected() throws {
    var server = try NKeyPair(generating: .server)
    while !server.description.utf8.contains(UInt8(ascii: "K")) { server = try NKeyPair(generating: .server) }
    let user = try NKeyPair(generating: .user)
    let equivalent = String(
      String.UnicodeScalarView(server.description.unicodeScalars.map { $0 == "K" ? "\u{212A}" : $0 }))
    let token = try NATSToken.sign(
      Self.claims(server: server, serverID: equivalent, user: user), with: server)
    #expect(throws: CalloutRequest.Invalid.self) { try Self.open(token) }
  }

  @Test func forgedRequestIsRejected() throws {
    let server = try NKeyPair(generating: .server)
    let other = try NKeyPair(generating: .server)
    let account = try NKeyPair(generating: .account)
    let user = try NKeyPair(generating: .user)
    let good = try Self.claims(server: server, user: user)
    let refused = [
      // Signed by another server, or not by a server
      try NATSToken.sign(good, with: other),
      try NATSToken.sign(Self.claims(server: account, user: user), with: account),
      // Another token signed by a server
      try NATSToken.sign(Self.claims(server: server, user: user, aud: "other"), with: server),
      try NATSToken.sign(Self.claims(server: server, user: user, aud: nil), with: server),
      try NATSToken.sign(Self.claims(server: server, user: user, type: "user"), with: server),
      // Without a user
      try NATSToken.sign(Self.claims(server: server, user: other), with: server),
      "", "xkv1", "a.b.c",
    ]
    for token in refused {
      #expect(throws: CalloutRequest.Invalid.self) { try Self.open(token) }
    }
  }
}
