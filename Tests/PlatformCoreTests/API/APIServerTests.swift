import JSON
import Locks
import NATS
import NATSTesting
import NIOCore
import PlatformAPI
import Testing

@testable import PlatformCore

@Suite struct APIServerTests {
  /// A running API server, and clients of operators.
  struct Rig: Sendable {
    let platform: RegistryRig
    let server: JetStreamServer
    let counters: PlatformCounters
    let api: APIServer

    static func run(
      handlers more: [APIMethod: APIHandler] = [:], callTimeout: Duration = .seconds(30),
      _ body: @escaping @Sendable (Rig) async throws -> Void
    ) async throws {
      let server = try await JetStreamServer.start()
      try await RegistryRig.run(on: server) { platform in
        _ = try await platform.registry.addOperator("ada", role: .admin, by: "platform")
        _ = try await platform.registry.addOperator("olga", role: .operator, by: "platform")
        _ = try await platform.registry.addOperator("vic", role: .viewer, by: "platform")
        let counters = PlatformCounters()
        let api = APIServer(
          client: platform.client, directory: platform.registry,
          handlers: platform.registry.handlers().merging(platform.audit.handlers()) { $1 }
            .merging(more) { $1 }, counters: counters, logger: quiet, callTimeout: callTimeout)
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await api.run() }
          defer { group.cancelAll() }
          let rig = Rig(platform: platform, server: server, counters: counters, api: api)
          try await rig.as("ada") { ada in
            // Until the subscription is active.
            while true {
              do {
                _ = try await ada.call("nothing")
                break
              } catch let error as NATSError where error.code == .noResponders {
                continue
              }
            }
          }
          try await body(rig)
        }
      }
    }

    func `as`<R: Sendable>(_ name: String, _ body: (Caller) async throws -> R) async throws -> R {
      let settings = try configuration(server.server.url) {
        $0.inboxPrefix = PlatformSubjects.inboxPrefix(of: name)
      }
      return try await withClient(settings) { try await body(Caller(name: name, client: $0)) }
    }
  }

  struct Caller: Sendable {
    let name: String
    let client: NATSClient

    func call(_ method: String, _ bytes: [UInt8]) async throws -> APIReply {
      let reply = try await client.request(bytes, to: "pls.api.\(name).\(method)", timeout: testTimeout)
      return try #require(APIReply(parsing: Array(reply.payload.readableBytesView)))
    }

    func call(_ method: String, _ json: String = "") async throws -> APIReply {
      try await call(method, Array(json.utf8))
    }

    func result<Value: Decodable>(_ method: APIMethod, _ json: String = "") async throws -> Value {
      switch try await call(method.rawValue, json) {
      case .result(let value): return try APICoding.value(from: value)
      case .failure(let error): throw error
      }
    }

    func failure(_ method: String, _ json: String = "") async throws -> APIError? {
      if case .failure(let error) = try await call(method, json) { error } else { nil }
    }
  }

  @Test func enrolledAgentIsRotatedLabelledAndRevoked() async throws {
    try await Rig.run { rig in
      try await rig.as("ada") { ada in
        let issued: Requests.IssuedToken = try await ada.result(.agentsEnroll, #"{"labels":{"env":"prod"}}"#)
        #expect(issued.until == nil && TokenKind.of(issued.token) == .agent)
        let short = String(issued.subject.prefix(8))
        let rotated: Requests.IssuedToken = try await ada.result(
          .agentsRotate, #"{"agent":"\#(short)","grace_s":60}"#)
        #expect(rotated.subject == issued.subject && rotated.until != nil)
        let labelled: AgentView = try await ada.result(
          .agentsLabel, #"{"agent":"\#(short)","set":{"a_b":"1"},"remove":["env"]}"#)
        #expect(labelled.labels == ["a_b": "1"] && labelled.status == .pending)
        let revoked: AgentView = try await ada.result(
          .agentsRevoke, #"{"agent":"\#(issued.subject.uppercased())","reason":"sold"}"#)
        #expect(revoked.status == .revoked)
        let entries: [AuditEntry] = try await ada.result(.auditList, #"{"object":"\#(issued.subject)"}"#)
        #expect(
          entries.map(\.action) == ["agents.revoke", "agents.label", "agents.rotate", "agents.enroll"])
        #expect(entries.allSatisfy { $0.by == "ada" })
        #expect(entries[0].details == ["reason": "sold"])
      }
    }
  }

  @Test func enrollmentTokensAndOperatorsAreListedAndRemoved() async throws {
    try await Rig.run { rig in
      try await rig.as("ada") { ada in
        let ticket: Requests.IssuedToken = try await ada.result(
          .enrollmentsCreate, #"{"labels":{"env":"prod"},"ttl_s":60}"#)
        #expect(ticket.subject.isEmpty && TokenKind.of(ticket.token) == .enrollment && ticket.until != nil)
        let open: [Requests.EnrollmentView] = try await ada.result(.enrollmentsList)
        #expect(open.count == 1 && open[0].labels == ["env": "prod"] && open[0].createdBy == "ada")
        #expect(EnrollmentRecord.id(of: ticket.token).hasPrefix(open[0].id))
        let removed: Requests.EnrollmentView = try await ada.result(
          .enrollmentsRemove, #"{"id":"\#(open[0].id)"}"#)
        #expect(removed == open[0])
        let none: [Requests.EnrollmentView] = try await ada.result(.enrollmentsList, "{}")
        #expect(none.isEmpty)
        let added: Requests.IssuedToken = try await ada.result(
          .operatorsAdd, #"{"name":"bob","role":"viewer"}"#)
        #expect(added.subject == "bob" && TokenKind.of(added.token) == .operator)
        let gone: Requests.Operator = try await ada.result(.operatorsRemove, #"{"name":"bob"}"#)
        #expect(gone == .init(name: "bob", role: .viewer))
        let operators: [Requests.Operator] = try await ada.result(.operatorsList)
        #expect(operators.map(\.name) == ["ada", "olga", "vic"])
      }
    }
  }

  @Test(arguments: ["enrollments", "enrolments"])
  func enrollmentMethodsAcceptBothSpellings(spelling: String) async throws {
    try await Rig.run { rig in
      try await rig.as("ada") { ada in
        #expect(try await ada.call("\(spelling).create").failure == nil)
        guard case .result(let list) = try await ada.call("\(spelling).list") else {
          Issue.record("\(spelling).list failed")
          return
        }
        let open: [Requests.EnrollmentView] = try APICoding.value(from: list)
        let id = try #require(open.first?.id)
        let removed = try await ada.call("\(spelling).remove", #"{"id":"\#(id)"}"#)
        #expect(removed.failure == nil)
        let entries: [AuditEntry] = try await ada.result(.auditList, #"{"action":"\#(spelling).*"}"#)
        #expect(entries.map(\.action) == ["enrolments.remove", "enrolments.create"])
      }
    }
  }

  /// Requests with the error code of the reply and a part of its message.
  @Test func invalidRequestsAreAnsweredWithAOneLineError() async throws {
    let uuid = "0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e11"
    let secret = "this-is-a-secret-of-more-than-32-characters"
    let long = String(repeating: "x", count: 300)
    let many = (0..<33).map { #""l\#($0)":"""# }.joined(separator: ",")
    let deep = String(repeating: "[", count: 100_000)
    let table: [(method: String, json: String, code: APIError.Code, says: String)] = [
      ("agents.enroll", "{", .invalid, "the request is not JSON"),
      ("agents.enroll", "[]", .invalid, "has to be an object, and is an array"),
      ("agents.enroll", "null", .invalid, "is null"),
      ("agents.enroll", "\u{0}", .invalid, "not JSON"),
      ("agents.enroll", #"{"a":"# + deep, .invalid, "not JSON"),
      (
        "agents.enroll", #"{"token":"\#(String(repeating: "x", count: 300_000))"}"#, .invalid,
        "262144 are allowed"
      ),
      ("agents.enroll", #"{"uuid":"x"}"#, .invalid, "is not a uuid"),
      ("agents.enroll", #"{"uuid":"*"}"#, .invalid, "is not a uuid"),
      ("agents.enroll", #"{"uuid":"\#(long)"}"#, .invalid, "is not a uuid"),
      ("agents.enroll", #"{"token":"short"}"#, .invalid, "32 to 256 characters, not 5"),
      ("agents.enroll", #"{"token":"\#(long)"}"#, .invalid, "32 to 256 characters, not 300"),
      ("agents.enroll", #"{"token":"\#(secret) "}"#, .invalid, "no spaces"),
      ("agents.enroll", #"{"token":"\#(secret)\n"}"#, .invalid, "visible ASCII"),
      ("agents.enroll", #"{"token":"plse_\#(secret)"}"#, .invalid, "an enrollment token"),
      ("agents.enroll", #"{"token":"plso_\#(secret)"}"#, .invalid, "an operator's token"),
      ("agents.enroll", #"{"labels":{"":"x"}}"#, .invalid, "can't be the key"),
      ("agents.enroll", #"{"labels":{"a=b":"x"}}"#, .invalid, "can't be the key"),
      ("agents.enroll", #"{"labels":{"-a":"x"}}"#, .invalid, "can't be the key"),
      ("agents.enroll", #"{"labels":{"ä":"x"}}"#, .invalid, "can't be the key"),
      ("agents.enroll", #"{"labels":{"\#(String(repeating: "k", count: 64))":"x"}}"#, .invalid, "1 to 63"),
      ("agents.enroll", #"{"labels":{"a":"\#(long)"}}"#, .invalid, "300 bytes; 255 are allowed"),
      ("agents.enroll", #"{"labels":{"a":"\u001b[2J"}}"#, .invalid, "control characters"),
      ("agents.enroll", #"{"labels":{"a":"x\u202ey"}}"#, .invalid, "control characters"),
      ("agents.enroll", "{\"labels\":{\(many)}}", .invalid, "at most 32 labels, not 33"),
      ("agents.enroll", #"{"labels":["a"]}"#, .invalid, #"parameter "labels""#),
      (
        "agents.enroll", #"{"lables":{}}"#, .invalid, #"no parameter "lables": there are labels, token, uuid"#
      ),
      ("agents.rotate", "{}", .invalid, #""agent" is missing"#),
      ("agents.rotate", #"{"agent":"\#(uuid)"}"#, .notFound, "there is no agent \(uuid)"),
      (
        "agents.rotate", #"{"agent":"\#(uuid)","grace_s":-1}"#, .invalid,
        "grace_s must be from 0 to 2592000, not -1"
      ),
      ("agents.rotate", #"{"agent":"\#(uuid)","grace_s":2592001}"#, .invalid, "not 2592001"),
      ("agents.rotate", #"{"agent":"\#(uuid)","token":"short"}"#, .invalid, "not 5"),
      ("agents.revoke", #"{"agent":"web-1"}"#, .notFound, #"there is no agent "web-1""#),
      ("agents.revoke", #"{"agent":""}"#, .notFound, "there is no agent"),
      ("agents.revoke", #"{"agent":"\#(long)"}"#, .invalid, "at most 255 bytes"),
      (
        "agents.revoke", #"{"agent":"\#(uuid)","reason":"\#(long)"}"#, .invalid,
        "reason has at most 255 bytes"
      ),
      ("agents.label", #"{"agent":"\#(uuid)"}"#, .invalid, "no labels to set or remove"),
      ("agents.label", #"{"agent":"\#(uuid)","set":{"a":"1"},"remove":["a"]}"#, .invalid, "set and removed"),
      ("agents.label", #"{"agent":"\#(uuid)","remove":["*"]}"#, .invalid, "can't be the key"),
      ("agents.label", #"{"agent":"\#(uuid)","set":{"a":"1"}}"#, .notFound, "there is no agent"),
      ("enrolments.create", #"{"ttl_s":59}"#, .invalid, "ttl_s must be from 60 to 2592000, not 59"),
      ("enrolments.create", #"{"ttl_s":9223372036854775807}"#, .invalid, "ttl_s must be from"),
      ("enrolments.create", #"{"labels":{"a b":""}}"#, .invalid, "can't be the key"),
      ("enrolments.list", #"{"limit":5}"#, .invalid, #"no parameter "limit": there are none"#),
      ("enrolments.remove", #"{"id":"abc"}"#, .invalid, "is not the id"),
      ("enrolments.remove", #"{"id":">>>>>"}"#, .invalid, "is not the id"),
      ("enrolments.remove", #"{"id":"abcd"}"#, .notFound, "no unused enrollment token abcd"),
      ("operators.add", #"{"name":"Ada","role":"admin"}"#, .invalid, "can't be the name"),
      ("operators.add", #"{"name":"a.b","role":"admin"}"#, .invalid, "can't be the name"),
      ("operators.add", #"{"name":"new"}"#, .invalid, "give the role"),
      ("operators.add", #"{"name":"new","role":"root"}"#, .invalid, #"parameter "role""#),
      ("operators.remove", #"{"name":"nobody"}"#, .notFound, "there is no operator nobody"),
      ("operators.remove", #"{"name":"ada"}"#, .conflict, "ada is the last admin"),
      ("audit.list", #"{"limit":0}"#, .invalid, "limit must be from 1 to 1000, not 0"),
      ("audit.list", #"{"limit":1001}"#, .invalid, "not 1001"),
      ("audit.list", #"{"object":"\#(long)"}"#, .invalid, "1 to 256 bytes"),
      ("agents.nothing", "{}", .unknownMethod, #"no method "agents.nothing""#),
      ("agents", "{}", .unknownMethod, "no method"),
      ("agents.list.x.y", "{}", .unknownMethod, "no method"),
      ("commands.submit", "{}", .unknownMethod, "no method"),
    ]
    try await Rig.run { rig in
      try await rig.as("ada") { ada in
        for row in table {
          let error = try await ada.failure(row.method, row.json)
          #expect(error?.code == row.code, "\(row.method) \(row.json.prefix(80))")
          let message = error?.message ?? ""
          #expect(message.contains(row.says), "\(row.method) \(row.json.prefix(80)): \(message)")
          #expect(!message.contains("\n") && message.utf8.count < 300, "not a short line: \(message)")
          #expect(!message.contains(secret), "the message contains the secret")
        }
        let invalid = try await ada.call("agents.enroll", [0xff, 0xfe, 0x7b])
        if case .failure(let error) = invalid {
          #expect(error.code == .invalid)
        } else {
          Issue.record("a request that is not UTF-8 succeeded")
        }
        // Valid requests still work.
        let _: Requests.IssuedToken = try await ada.result(.agentsEnroll)
      }
      let counted = rig.counters.snapshot.apiCalls
      #expect(counted[.init(method: "agents.enroll", ok: true)] == 1)
      #expect((counted[.init(method: "agents.enroll", ok: false)] ?? 0) > 20)
    }
  }

  @Test func serverChecksTheRole() async throws {
    try await Rig.run { rig in
      let uuid = try await rig.platform.registry.enroll(by: "ada").subject
      for name in ["olga", "vic", "ghost"] {
        try await rig.as(name) { caller in
          for method in APIMethod.allCases where method.leastRole == .admin {
            #expect(
              try await caller.failure(method.rawValue)?.code == .forbidden)
          }
          let labelled = try await caller.failure("agents.label", #"{"agent":"\#(uuid)","set":{"a":"1"}}"#)
          #expect(labelled?.code == (name == "olga" ? nil : .forbidden))
        }
      }
      _ = try await rig.platform.registry.removeOperator("olga", by: "ada")
      try await rig.as("olga") { caller in
        let error = try await caller.failure("agents.label", "{}")
        #expect(error?.code == .forbidden)
      }
    }
  }

  @Test func repliesGoToInboxesOfTheOperatorOnly() async throws {
    try await Rig.run { rig in
      try await rig.as("ada") { ada in
        let watcher = try rig.platform.client.subscribe(to: ">")
        try await rig.platform.client.flush()
        let forbidden = [
          "agent.vm.0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e11.cmd", "$JS.API.STREAM.DELETE.PLS_AUDIT",
          "_INBOX.someone", "_INBOX_ada", "_INBOX_adam.x", "_INBOX_olga.x", "pls.api.olga.operators.add",
        ]
        for reply in forbidden {
          try ada.client.publish([], to: "pls.api.ada.agents.enroll", replyTo: reply)
        }
        try ada.client.publish([], to: "pls.api.ada.agents.enroll")
        _ = try await ada.call("operators.list")
        try await rig.platform.client.flush()
        watcher.unsubscribe()
        var subjects: [String] = []
        for await message in watcher where !message.subject.hasPrefix("_INBOX_ada.") {
          subjects.append(message.subject)
        }
        #expect(!subjects.contains { forbidden.contains($0) })
        #expect(subjects.filter { $0 == "pls.api.ada.agents.enroll" }.count == forbidden.count + 1)
        #expect(rig.platform.registry.agentCount == 0, "a request without a valid inbox was executed")
      }
    }
  }

  @Test func requestsBeyondTheShareAreAnsweredBusy() async throws {
    // An operator's share of the running and of the waiting requests.
    let served = 8 + 128
    let running = Locked(0)
    let open = Locked(false)
    let blocked: APIHandler = { _ throws(APIError) in
      running.withLock { $0 += 1 }
      // A cancelled sleep only polls more often.
      while !open.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(5)) }
      return true
    }
    try await Rig.run(handlers: [.platformStatus: blocked]) { rig in
      try await rig.as("ada") { ada in
        let inbox = try ada.client.subscribe(to: "_INBOX_ada.many.*")
        try await ada.client.flush()
        for number in 0..<1_200 {
          try ada.client.publish([], to: "pls.api.ada.platform.status", replyTo: "_INBOX_ada.many.\(number)")
        }
        var replies: [String: APIReply] = [:]
        for await message in inbox {
          replies[message.subject] = APIReply(parsing: Array(message.payload.readableBytesView))
          if replies.count == 1_200 - served { open.withLock { $0 = true } }
          if replies.count == 1_200 { break }
        }
        let busy = replies.values.count { reply in
          if case .failure(let error) = reply { error.code == .busy } else { false }
        }
        #expect(busy == 1_200 - served)
        #expect(replies.values.count { $0 == .result(true) } == served)
        #expect(running.withLock { $0 } == served)
      }
    }
  }

  @Test func finishWaitsForAcceptedRequests() async throws {
    let gate = Latch()
    let working = Latch()
    let slow: APIHandler = { _ in
      working.set()
      await gate.wait()
      return true
    }
    try await Rig.run(handlers: [.platformStatus: slow]) { rig in
      try await rig.as("ada") { ada in
        async let reply = ada.call("platform.status")
        await working.wait()
        async let end: Void = rig.api.finish()
        // The server has no subscriber any more once the drain is processed.
        try await eventually("new requests have no responders") {
          do {
            _ = try await ada.client.request(
              [], to: "pls.api.ada.nothing", timeout: .milliseconds(200))
            return false
          } catch let error as NATSError {
            return error.code == .noResponders
          }
        }
        gate.set()
        #expect(try await reply == .result(true))
        await end
      }
    }
  }

  @Test func handlerIsCancelledAfterTheCallTimeout() async throws {
    let ended = AsyncStream.makeStream(of: Void.self)
    let hanging: APIHandler = { _ throws(APIError) in
      do { try await Task.sleep(for: .seconds(3_600)) } catch { ended.continuation.yield() }
      return true
    }
    try await Rig.run(handlers: [.platformStatus: hanging], callTimeout: .milliseconds(50)) { rig in
      try await rig.as("ada") { ada in
        let error = try await ada.failure("platform.status")
        #expect(error?.code == .unavailable)
      }
      _ = try await ended.stream.first()
    }
  }

  @Test func replyAboveTheMessageLimitBecomesAnError() async throws {
    let large: APIHandler = { _ throws(APIError) in .string(String(repeating: "x", count: 2_000_000)) }
    try await Rig.run(handlers: [.platformStatus: large]) { rig in
      try await rig.as("ada") { ada in
        let error = try await ada.failure("platform.status")
        #expect(error?.code == .invalid && error?.message.contains("less at a time") == true)
      }
    }
  }
}

extension APIReply {
  fileprivate var failure: APIError? {
    if case .failure(let error) = self { error } else { nil }
  }
}
