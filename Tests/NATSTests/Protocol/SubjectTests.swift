import Testing

@testable import NATS

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

  @Test func inboxesDiffer() {
    let inboxes = Set((0..<1000).map { _ in Inbox.unique() })
    #expect(inboxes.count == 1000)
    #expect(inboxes.allSatisfy { $0.count == 22 && Subject.isPublishable($0) })
  }
}
