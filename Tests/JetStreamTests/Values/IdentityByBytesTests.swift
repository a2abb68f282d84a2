import Encoding
import NATS
import Testing

@testable import JetStream

/// Names and subjects are compared by their bytes, as the server does.
@Suite struct IdentityByBytesTests {
  private static let composed = "caf\u{e9}"
  private static let decomposed = "cafe\u{301}"

  @Test(
    arguments: [
      "$JS.AC\u{212a}.S.c.2.7.9.1.4", "$JS.ACK\u{301}.S.c.2.7.9.1.4", "$JS.ACK.\u{301}.c.2.7.9.1",
      "$JS.ACK.S.c.2\u{301}.7.9.1.4",
    ])
  func replySubjectsOnlyEquivalentToDeliveriesAreRejected(_ subject: String) {
    #expect(MessageMetadata(subject) == nil)
  }

  @Test func tokensOfReplySubjectsMayStartWithCombiningCharacters() throws {
    let metadata = try #require(MessageMetadata("$JS.ACK.\u{301}S.c.2.7.9.1.4"))
    #expect(metadata.stream.hasSameBytes(as: "\u{301}S"))
  }

  @Test func canonicallyEquivalentSubjectsAreDifferentConfigurations() {
    let composed = StreamConfiguration(name: "S", subjects: [Self.composed])
    let decomposed = StreamConfiguration(name: "S", subjects: [Self.decomposed])
    #expect(!composed.isIdentical(to: decomposed))
    #expect(
      !StreamConfiguration(name: "S", subjects: ["K"]).isIdentical(
        to: .init(name: "S", subjects: ["\u{212a}"])))
    #expect(composed.isIdentical(to: composed))
  }

  @Test func keyIsTheRestOfTheSubject() {
    #expect(KeyValueBucket.key(ofSubject: "$KV.b.\u{301}x", in: "b")?.hasSameBytes(as: "\u{301}x") == true)
    #expect(KeyValueBucket.key(ofSubject: "$\u{212a}V.b.x", in: "b") == nil)
    #expect(KeyValueBucket.key(ofSubject: "$KV.c.x", in: "b") == nil)
  }
}
