import Encoding
import Testing

@testable import NKeys

@Suite("NATS JWTs")
struct NATSTokenTests {
  struct User: Codable, Equatable {
    var type = "user"
    var version = 2
    var subs = -1
  }

  private func claims(_ subject: NKeyPair) -> NATSClaims<User> {
    NATSClaims(sub: subject.description, name: "Ünit/test", aud: "FLEET", iat: 1000, exp: 2000, nats: User())
  }

  @Test func signedTokenIsVerified() throws {
    let account = try NKeyPair(generating: .account)
    let user = try NKeyPair(generating: .user)
    let token = try NATSToken.sign(claims(user), with: account)
    #expect(token.hasPrefix("eyJhbGciOiJlZDI1NTE5LW5rZXkiLCJ0eXAiOiJKV1QifQ."))
    let read = try NATSToken.verify(token, as: User.self)
    #expect(read.iss == account.description)
    #expect(read.sub == user.description)
    #expect(read.name == "Ünit/test")
    #expect(read.aud == "FLEET")
    #expect(read.nats == User())
    #expect(read.jti.utf8.count == 52)
    #expect(try NATSToken.subject(of: token) == user.description)
    #expect(try NATSToken.sign(claims(user), with: account) == token)
  }

  @Test func validityIsBoundedByNbfAndExp() throws {
    var claims = claims(try NKeyPair(generating: .user))
    #expect(claims.isValid(at: 1999))
    #expect(!claims.isValid(at: 2000))
    claims.nbf = 1500
    #expect(!claims.isValid(at: 1499))
    #expect(claims.isValid(at: 1500))
  }

  @Test func modifiedTokensAreRejected() throws {
    let account = try NKeyPair(generating: .account)
    let user = try NKeyPair(generating: .user)
    let token = try NATSToken.sign(claims(user), with: account)
    var other = claims(user)
    other.exp = 3000
    let parts = token.split(separator: ".")
    let otherParts = try NATSToken.sign(other, with: account).split(separator: ".")
    let mixed = "\(parts[0]).\(otherParts[1]).\(parts[2])"
    #expect(throws: NKeyError(.badSignature, "the JWT was not signed by \(account)")) {
      try NATSToken.verify(mixed, as: User.self)
    }
    for text in ["", ".", "..", "a.b", "\(token).x", String(token.dropLast(2)), "\(parts[0])..\(parts[2])"] {
      #expect(throws: NKeyError.self) { try NATSToken.verify(text, as: User.self) }
    }
  }

  @Test func otherAlgorithmsAreRejected() throws {
    let account = try NKeyPair(generating: .account)
    let token = try NATSToken.sign(claims(try NKeyPair(generating: .user)), with: account)
    let header = Base64.encode(#"{"typ":"JWT","alg":"none"}"#.utf8, .url)
    let forged = "\(header).\(token.split(separator: ".")[1])."
    let error = #expect(throws: NKeyError.self) { try NATSToken.verify(forged, as: User.self) }
    #expect(error?.code == .invalidToken)
  }
}
