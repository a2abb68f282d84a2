import Locks
import NATS
import NATSTesting
import NIOCore
import PlatformAPI
import Testing

@testable import PlatformCore

/// The publish and subscribe attempts of each kind of connection, with the expected response of the server.
@Suite("Permissions on a server") struct PermissionTableTests {
  static let mine = "0b8f4e8e-51c6-4d0b-9d8e-1f2a3b4c5d6e"
  static let other = "7c9e6679-7425-40de-944b-e07fc1f90ae7"

  enum Action: String, Sendable {
    case publish, subscribe
    case join = "subscribe in a queue"
  }

  struct Attempt: Sendable {
    var who: String
    var action: Action
    var subject: String
    var isAllowed: Bool

    init(_ who: String, _ action: Action, _ subject: String, _ isAllowed: Bool) {
      (self.who, self.action, self.subject, self.isAllowed) = (who, action, subject, isAllowed)
    }
  }

  static let attempts: [Attempt] = [
    // An agent: its own subjects
    Attempt("agent", .publish, "agent.vm.\(mine).evt", true),
    Attempt("agent", .publish, "vm.\(mine).telemetry", true),
    Attempt("agent", .subscribe, "agent.vm.\(mine).cmd", true),
    // Its own subjects in the wrong direction
    Attempt("agent", .publish, "agent.vm.\(mine).cmd", false),
    Attempt("agent", .subscribe, "agent.vm.\(mine).evt", false),
    Attempt("agent", .subscribe, "vm.\(mine).telemetry", false),
    // Subjects of other agents
    Attempt("agent", .publish, "agent.vm.\(other).evt", false),
    Attempt("agent", .publish, "agent.vm.\(other).cmd", false),
    Attempt("agent", .publish, "vm.\(other).telemetry", false),
    Attempt("agent", .subscribe, "agent.vm.\(other).cmd", false),
    Attempt("agent", .join, "agent.vm.\(other).cmd", false),
    Attempt("agent", .subscribe, "agent.vm.\(other).evt", false),
    // Wildcards, and subjects that resemble its own
    Attempt("agent", .subscribe, "agent.vm.*.cmd", false),
    Attempt("agent", .subscribe, "agent.vm.>", false),
    Attempt("agent", .subscribe, "agent.*.\(mine).cmd", false),
    Attempt("agent", .subscribe, "*.*.*.*", false),
    Attempt("agent", .subscribe, ">", false),
    Attempt("agent", .publish, "agent.vm.\(mine).evt.more", false),
    Attempt("agent", .publish, "agent.db.\(mine).evt", false),
    // JetStream, key-value, the system
    Attempt("agent", .publish, "$JS.API.INFO", false),
    Attempt("agent", .publish, "$JS.API.STREAM.DELETE.PLS_AUDIT", false),
    Attempt("agent", .publish, "$JS.API.DIRECT.GET.KV_pls-agents", false),
    Attempt("agent", .subscribe, "$JS.API.>", false),
    Attempt("agent", .publish, "$KV.pls-agents.\(mine)", false),
    Attempt("agent", .subscribe, "$KV.>", false),
    Attempt("agent", .publish, "$SYS.REQ.USER.AUTH", false),
    Attempt("agent", .subscribe, "$SYS.>", false),
    Attempt("agent", .publish, "$SYS.REQ.SERVER.PING", false),
    // Inboxes, requests of operators, notifications of the platform
    Attempt("agent", .subscribe, "_INBOX.>", false),
    Attempt("agent", .publish, "_INBOX.somebody", false),
    Attempt("agent", .publish, "pls.api.admin.agents.enroll", false),
    Attempt("agent", .publish, "pls.audit.x", false),
    Attempt("agent", .publish, "pls.record.entry.x", false),
    Attempt("agent", .publish, "pls.record.STREAM.INFO.PLS_AUDIT", false),
    Attempt("agent", .subscribe, "pls.>", false),
    // A viewer
    Attempt("viewer", .publish, "pls.api.viewer.agents.list", true),
    Attempt("viewer", .publish, "pls.api.viewer.commands.submit", false),
    Attempt("viewer", .publish, "pls.api.admin.agents.list", false),
    Attempt("viewer", .subscribe, "_INBOX_viewer.>", true),
    Attempt("viewer", .subscribe, "_INBOX_admin.>", false),
    Attempt("viewer", .subscribe, "vm.*.telemetry", true),
    Attempt("viewer", .subscribe, "agent.vm.\(mine).evt", true),
    Attempt("viewer", .subscribe, "agent.vm.*.cmd", false),
    Attempt("viewer", .publish, "agent.vm.\(mine).evt", false),
    // An operator
    Attempt("operator", .publish, "pls.api.operator.commands.submit", true),
    Attempt("operator", .publish, "pls.api.operator.agents.enroll", false),
    Attempt("operator", .publish, "agent.vm.\(mine).cmd", false),
    Attempt("operator", .publish, "pls.audit.x", false),
    Attempt("operator", .publish, "pls.record.entry.x", false),
    Attempt("operator", .publish, "pls.record.STREAM.MSG.GET.PLS_AUDIT", false),
    Attempt("operator", .subscribe, "pls.done.operator.*", true),
    Attempt("operator", .subscribe, "pls.done.*.*", false),
    // An administrator
    Attempt("admin", .publish, "pls.api.admin.operators.add", true),
    Attempt("admin", .publish, "pls.api.viewer.operators.add", false),
    Attempt("admin", .publish, "agent.vm.\(mine).cmd", false),
    Attempt("admin", .publish, "$JS.API.STREAM.DELETE.PLS_AUDIT", false),
    Attempt("admin", .publish, "pls.audit.x", false),
    Attempt("admin", .publish, "pls.record.entry.x", false),
    Attempt("admin", .publish, "pls.record.STREAM.CREATE.PLS_AUDIT", false),
    Attempt("admin", .publish, "pls.record.DIRECT.GET.PLS_AUDIT", false),
    Attempt("admin", .publish, "$KV.pls-operators.admin", false),
    Attempt("admin", .subscribe, "$SYS.>", false),
    Attempt("admin", .subscribe, ">", false),
  ]

  @Test func permissionsAreEnforced() async throws {
    try await CalloutRig.run { rig in
      rig.directory.enroll(Self.mine, token: "plsa_mine")
      for role in OperatorRole.allCases {
        rig.directory.add(role.rawValue, role, token: "plso_\(role)")
      }
      for who in ["agent", "viewer", "operator", "admin"] {
        let configuration =
          who == "agent"
          ? try rig.agent(Self.mine, token: "plsa_mine") : try rig.operator(who, token: "plso_\(who)")
        try await withClient(configuration) { client in
          for attempt in Self.attempts where attempt.who == who {
            let answer = try await Self.answer(of: client, to: attempt)
            print(
              "\(attempt.isAllowed == answer ? "as intended" : "WRONG"): \(who) may"
                + "\(answer ? "" : " not") \(attempt.action.rawValue) \(attempt.subject)")
            #expect(answer == attempt.isAllowed, "\(attempt)")
          }
        }
      }
    }
  }

  /// Whether the server permits it.
  private static func answer(of client: NATSClient, to attempt: Attempt) async throws -> Bool {
    let events = client.events
    var subscription: NATSSubscription?
    switch attempt.action {
    case .publish: try client.publish([], to: attempt.subject)
    case .subscribe: subscription = try client.subscribe(to: attempt.subject)
    case .join: subscription = try client.subscribe(to: attempt.subject, queue: "q")
    }
    defer { subscription?.unsubscribe() }
    // Rejected as well, and its response arrives after the relevant one.
    let last = "nobody.may.publish.\(client.newInbox())"
    try client.publish([], to: last)
    let refused = Locked<Set<String>>([])
    _ = try await events.first { event in
      guard case .permissionsViolation(let error) = event else { return false }
      refused.withLock { _ = $0.insert(error.subject ?? "") }
      return error.subject == last
    }
    return refused.withLock { !$0.contains(attempt.subject) }
  }

  @Test func replyRequiresACommand() async throws {
    try await CalloutRig.run { rig in
      rig.directory.enroll(Self.mine, token: "plsa_mine")
      try await withClient(rig.agent(Self.mine, token: "plsa_mine")) { agent in
        let commands = try agent.subscribe(to: "agent.vm.\(Self.mine).cmd")
        try await agent.flush()
        let inbox = rig.platform.newInbox()
        let replies = try rig.platform.subscribe(to: inbox)
        try rig.platform.publish([1], to: "agent.vm.\(Self.mine).cmd")
        _ = try await commands.first()
        // A command without a reply subject gives no permission.
        await #expect(throws: NATSError.self) { try await agent.publishAndFlush([1], to: inbox) }
        try rig.platform.publish([2], to: "agent.vm.\(Self.mine).cmd", replyTo: inbox)
        _ = try await commands.first()
        try await agent.publishAndFlush([2], to: inbox)
        let reply = try await replies.first()
        #expect(Array(reply.payload.readableBytesView) == [2])
        // Only one reply.
        await #expect(throws: NATSError.self) { try await agent.publishAndFlush([3], to: inbox) }
      }
    }
  }

  @Test func replyPermissionExpires() async throws {
    try await CalloutRig.run({ $0.replyTTL = .milliseconds(200) }) { rig in
      rig.directory.enroll(Self.mine, token: "plsa_mine")
      try await withClient(rig.agent(Self.mine, token: "plsa_mine")) { agent in
        let commands = try agent.subscribe(to: "agent.vm.\(Self.mine).cmd")
        try await agent.flush()
        let inbox = rig.platform.newInbox()
        try rig.platform.publish([2], to: "agent.vm.\(Self.mine).cmd", replyTo: inbox)
        _ = try await commands.first()
        // The permission expires by time alone.
        try await Task.sleep(for: .milliseconds(300))
        await #expect(throws: NATSError.self) { try await agent.publishAndFlush([3], to: inbox) }
      }
    }
  }
}
