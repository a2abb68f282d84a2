import Locks
import Logging
import NATSProtocol
import Testing

@testable import NATS

/// Subjects are sequences of bytes: canonically equivalent ones are different subjects.
@Suite struct RefusedSubjectTests {
  @Test(arguments: [("caf\u{e9}", "cafe\u{301}"), ("K", "\u{212A}")])
  func violationRefersToTheSameBytes(subject: String, equivalent: String) {
    let confirmation = Confirmation(waiter: 1, subject: subject, replyTo: subject)
    for (text, other) in [(subject, true), (equivalent, false)] {
      let publish = PermissionsViolation("Permissions Violation for Publish to \"\(text)\"")
      #expect(confirmation.isRefused(by: publish) == other)
      let reply = PermissionsViolation("Permissions Violation for Publish with Reply of \"\(text)\"")
      #expect(confirmation.isRefused(by: reply) == other)
    }
  }

  @Test(arguments: [("caf\u{e9}", "cafe\u{301}"), ("K", "\u{212A}")])
  func violationMarksTheSubscriptionWithTheSameBytes(subject: String, equivalent: String) throws {
    let client = NATSClient(
      configuration: NATSClientConfiguration(servers: []),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    let subscription = try client.subscribe(to: subject, queue: subject)
    _ = try client.subscribe(to: equivalent, queue: equivalent)
    _ = try client.subscribe(to: subject, queue: equivalent)
    let violation = PermissionsViolation(
      "Permissions Violation for Subscription to \"\(subject)\" using queue \"\(subject)\"")
    let refused = client.subscriptions.withLock { $0.refuse(violation, repliesSubject: "r") }
    #expect(refused == [subscription.sid])
  }
}
