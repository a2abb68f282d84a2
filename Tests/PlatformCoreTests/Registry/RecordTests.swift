import PlatformAPI
import PlatformCore
import Testing

@Suite struct RecordTests {
  @Test(arguments: TokenKind.allCases) func tokensAreRandomWithTheirPrefix(kind: TokenKind) {
    let tokens = (0..<100).map { _ in kind.makeToken() }
    #expect(Set(tokens).count == 100)
    #expect(tokens.allSatisfy { $0.utf8.count == 48 && TokenKind.of($0) == kind })
    #expect(TokenKind.of(kind.rawValue + "\u{301}") == kind, "a prefix of bytes")
    #expect(TokenKind.of("given-by-hand-given-by-hand-given-by-hand") == nil)
  }

  @Test func hashMatchesOnlyItsToken() throws {
    let token = TokenKind.agent.makeToken()
    let hash = TokenHash(of: token)
    #expect(hash.matches(token))
    #expect(!hash.matches(TokenKind.agent.makeToken()))
    #expect(!hash.matches(""))
    #expect(!hash.matches(token + "x"))
    #expect(!hash.matches(String(token.dropLast())))
    #expect(TokenHash(of: token) != hash, "every hash has a salt of its own")
    let stored = try APICoding.encode(hash)
    #expect(!String(decoding: stored, as: UTF8.self).contains(token))
    #expect(try APICoding.decode(TokenHash.self, from: stored) == hash)
  }

  @Test(arguments: [
    "", ".", "AAAA.AAAA", "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAA.AAAA", "!.!",
    "AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.A",
  ]) func invalidHashIsRejected(text: String) throws {
    #expect(throws: DecodingError.self) {
      try APICoding.decode(TokenHash.self, from: APICoding.encode(text))
    }
  }

  @Test func recordRoundTrips() throws {
    var record = AgentRecord(
      uuid: "0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e11",
      labels: ["snake_case": "a", "camelCase": "b", "a/b.c": ""],
      tokens: [.init(hash: TokenHash(of: "one"), createdAt: 1.5, expiresAt: 3)], enrolledAt: 2.25,
      enrolledBy: "admin")
    record.revokedAt = 4
    record.revokedReason = "sold"
    record.cloneSuspected = "two boots"
    #expect(try APICoding.decode(AgentRecord.self, from: APICoding.encode(record)) == record)
  }

  @Test func tokenIsValidUntilExpiryOrRevocation() {
    var record = AgentRecord(
      uuid: "0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e11", labels: [:],
      tokens: [
        .init(hash: TokenHash(of: "old"), createdAt: 0, expiresAt: 10),
        .init(hash: TokenHash(of: "new"), createdAt: 5),
      ], enrolledAt: 0, enrolledBy: "admin")
    #expect(record.validToken("old", at: 9.9)?.expiresAt == 10)
    #expect(record.validToken("old", at: 10) == nil)
    #expect(record.validToken("new", at: 10) != nil)
    #expect(record.validToken("other", at: 1) == nil)
    #expect(record.validTokens(at: 9) == 2)
    #expect(record.validTokens(at: 11) == 1)
    record.revokedAt = 7
    #expect(record.validToken("new", at: 10) == nil)
    #expect(record.validTokens(at: 9) == 0)
  }

  @Test(arguments: [
    ("0D3C7F1E-5B1A-4C59-9C53-1D0F2A7B9E11", "0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e11"),
    ("0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e11", "0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e11"),
    ("0d3c7f1e5b1a4c599c531d0f2a7b9e11", nil), ("", nil), ("admin", nil), (">", nil), ("*", nil),
    ("0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e1", nil), ("0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e1g", nil),
    ("0d3c7f1e.5b1a.4c59.9c53.1d0f2a7b9e11", nil), ("0d3c7f1e--b1a-4c59-9c53-1d0f2a7b9e11", nil),
    ("0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e11\n", nil),
  ]) func uuidsAreCanonicalized(text: String, canonical: String?) {
    #expect(AgentRecord.canonicalUUID(text) == canonical)
  }

  @Test func enrollmentIsKeyedByItsTokenHash() {
    #expect(
      EnrollmentRecord.id(of: "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    var record = EnrollmentRecord(id: "x", labels: [:], createdAt: 0, createdBy: "admin", expiresAt: 10)
    #expect(record.isOpen(at: 9) && !record.isOpen(at: 10))
    record.claimedBy = "someone"
    #expect(!record.isOpen(at: 9))
  }
}
