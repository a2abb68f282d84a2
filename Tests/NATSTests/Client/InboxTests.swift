import NATSProtocol
import Testing

@testable import NATS

@Suite struct InboxTests {
  @Test func inboxesAreUniqueAndValid() {
    let inboxes = Set((0..<1000).map { _ in Inbox.unique() })
    #expect(inboxes.count == 1000)
    #expect(inboxes.allSatisfy { $0.count == 22 && Subject.isPublishable($0) })
  }
}
