import Foundation
import Testing

@testable import NKeys

@Suite("Credentials files")
struct UserCredentialsTests {
  struct User: Codable {
    var type = "user"
    var version = 2
  }

  let user: NKeyPair
  let jwt: String

  init() throws {
    user = try NKeyPair(generating: .user)
    jwt = try NATSToken.sign(
      NATSClaims(sub: user.description, iat: 1000, nats: User()), with: NKeyPair(generating: .account))
  }

  private func file(jwt: String, seed: String, lineEnd: String = "\n") -> String {
    [
      "-----BEGIN NATS USER JWT-----", jwt, "------END NATS USER JWT------", "",
      "************************* IMPORTANT *************************",
      "NKEY Seed printed below can be used to sign and prove identity.", "",
      "-----BEGIN USER NKEY SEED-----", seed, "------END USER NKEY SEED------", "",
      "*************************************************************", "",
    ].joined(separator: lineEnd)
  }

  @Test(arguments: ["\n", "\r\n"])
  func textWithEitherLineEndingIsParsed(lineEnd: String) throws {
    let credentials = try UserCredentials(file(jwt: jwt, seed: user.seed, lineEnd: lineEnd))
    #expect(credentials.jwt == jwt)
    #expect(credentials.key.publicKey == user.publicKey)
  }

  @Test func descriptionsContainNoSecret() throws {
    let credentials = try UserCredentials(file(jwt: jwt, seed: user.seed))
    var dumped = ""
    dump(credentials, to: &dumped)
    for text in ["\(credentials)", String(reflecting: credentials), dumped] {
      #expect(!text.contains(user.seed))
      #expect(!text.contains(jwt))
    }
  }

  @Test func mismatchedJWTAndSeedAreRejected() throws {
    let other = try NKeyPair(generating: .user)
    let error = #expect(throws: NKeyError.self) { try UserCredentials(file(jwt: jwt, seed: other.seed)) }
    #expect(error?.code == .invalidCredentials)
    #expect(error?.message.contains(other.seed) == false)
    let account = try NKeyPair(generating: .account)
    #expect(throws: NKeyError.self) { try UserCredentials(file(jwt: jwt, seed: account.seed)) }
  }

  /// U+212A KELVIN SIGN is canonically equivalent to K.
  @Test func subjectOnlyEquivalentToTheKeyIsRejected() throws {
    var user = user
    while !user.description.contains("K") { user = try NKeyPair(generating: .user) }
    let subject = String(
      String.UnicodeScalarView(user.description.unicodeScalars.map { $0 == "K" ? "\u{212a}" : $0 }))
    #expect(subject == user.description)
    let jwt = try NATSToken.sign(
      NATSClaims(sub: subject, iat: 1000, nats: User()), with: NKeyPair(generating: .account))
    let error = #expect(throws: NKeyError.self) { try UserCredentials(file(jwt: jwt, seed: user.seed)) }
    #expect(error?.code == .invalidCredentials)
  }

  @Test func truncatedTextIsRejected() {
    let text = file(jwt: jwt, seed: user.seed)
    var whole = 0
    for length in 0..<text.utf8.count {
      if (try? UserCredentials(String(text.prefix(length)))) != nil { whole += 1 }
    }
    // Only the text after the end line of the seed may be missing.
    #expect(whole < 80)
    #expect(throws: NKeyError.self) { try UserCredentials("") }
    #expect(throws: NKeyError.self) { try UserCredentials(String(repeating: "x", count: 70_000)) }
  }

  @Test func filesAreRead() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).creds")
      .path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try file(jwt: jwt, seed: user.seed).write(toFile: path, atomically: true, encoding: .utf8)
    #expect(try UserCredentials(contentsOfFile: path).jwt == jwt)
    let error = #expect(throws: NKeyError.self) { try UserCredentials(contentsOfFile: path + ".none") }
    #expect(error?.message == "cannot read \(path).none: No such file or directory")
    try Data(repeating: 0xFF, count: 100).write(to: URL(fileURLWithPath: path))
    #expect(throws: NKeyError.self) { try UserCredentials(contentsOfFile: path) }
  }
}
