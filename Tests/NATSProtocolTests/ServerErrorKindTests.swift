import NATSProtocol
import Testing

@Suite struct ServerErrorKindTests {
  @Test(arguments: [
    ("Authorization Violation", ServerErrorKind.authorization), ("authorization violation", .authorization),
    ("Authentication Timeout", .authorization), ("User Authentication Expired", .authenticationExpired),
    ("USER AUTHENTICATION REVOKED", .authenticationExpired),
    ("Account Authentication Expired", .authenticationExpired),
    ("Stale Connection", .reconnect(.staleConnection)), ("stale connection", .reconnect(.staleConnection)),
    ("maximum connections exceeded", .reconnect(.maxConnections)),
    ("maximum account active connections exceeded", .reconnect(.maxConnections)),
    ("Maximum Payload Violation", .reconnect(.payloadTooLarge)),
    ("maximum subscriptions exceeded", .maxSubscriptions), ("Invalid Subject", .other),
  ])
  func classifies(text: String, kind: ServerErrorKind) {
    #expect(ServerErrorKind(text) == kind)
  }

  @Test(
    arguments: [
      ("Permissions Violation for Publish to \"a.b\"", PermissionsViolation.Action.publish, "a.b"),
      ("permissions violation for publish to \"a.b\"", .publish, "a.b"),
      ("Permissions Violation for Publish with Reply of \"r\"", .publishWithReply, "r"),
      ("Permissions Violation for Subscription to \"a.>\"", .subscription, "a.>"),
      ("Permissions Violation for Subscription to \"a.>\" using queue \"q\"", .subscription, "a.>"),
      ("Permissions Violation for Publish to \"a\\\"b\"", .publish, "a\"b"),
      ("Permissions Violation", .unknown, nil), ("Permissions Violation for Publish to \"a", .publish, nil),
    ] as [(String, PermissionsViolation.Action, String?)])
  func parsesActionAndSubject(text: String, action: PermissionsViolation.Action, subject: String?) {
    let violation = PermissionsViolation(text)
    #expect(violation.action == action)
    #expect(violation.subject == subject)
    #expect(ServerErrorKind(text) == .permissionsViolation(violation))
  }

  /// nats-server quotes subjects with Go's strconv.Quote.
  @Test(
    arguments: [
      (#"a\u200bb"#, "a\u{200B}b"), (#"a\U0001f600"#, "a\u{1F600}"), (#"\x7f\a\t"#, "\u{7F}\u{7}\t"),
      (#"a\\b\"c"#, #"a\b"c"#), (#"a\u20"#, nil), (#"\xzz"#, "z"),
    ] as [(String, String?)])
  func goEscapesAreDecoded(quoted: String, subject: String?) {
    #expect(PermissionsViolation("Permissions Violation for Publish to \"\(quoted)\"").subject == subject)
  }

  @Test func parsesSidAndQueueOfASubscription() {
    let prefix = "Permissions Violation for Subscription to \"a.(sid\""
    #expect(PermissionsViolation(prefix).sid == nil)
    #expect(PermissionsViolation("\(prefix) (sid \"12\")").sid == 12)
    #expect(PermissionsViolation("\(prefix) (sid \"x\")").sid == nil)
    #expect(PermissionsViolation("\(prefix) using queue \"q\"").queue == "q")
    #expect(PermissionsViolation("\(prefix) using queue \"q\"").sid == nil)
  }
}
