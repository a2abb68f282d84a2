import NATSProtocol
import Testing

@Suite struct SubjectTests {
  @Test(arguments: ["a", "a.b", "_INBOX.x.1", "$SYS.REQ", "é.ü", "a*b.>c"])
  func validSubjectIsPublishable(subject: String) {
    #expect(Subject.isPublishable(subject))
  }

  @Test(arguments: [
    "", ".", "a.", ".a", "a..b", "a b", "a\tb", "a\r\nb", "a\n", "\u{0}", String(repeating: "a", count: 4001),
  ])
  func invalidSubjectIsRejected(subject: String) {
    #expect(!Subject.isPublishable(subject))
    #expect(!Subject.isSubscribable(subject))
  }

  @Test func wildcardsAreValidAsWholeTokens() {
    #expect(Subject.isSubscribable("a.*.b"))
    #expect(Subject.isSubscribable("a.>"))
    #expect(Subject.isSubscribable(">"))
    #expect(!Subject.isSubscribable("a.>.b"))
    #expect(!Subject.isSubscribable(">.a"))
  }

  @Test func queueGroups() {
    #expect(Subject.isQueueGroup("workers"))
    #expect(!Subject.isQueueGroup(""))
    #expect(!Subject.isQueueGroup("a b"))
    #expect(!Subject.isQueueGroup("a\r\nb"))
  }
}
