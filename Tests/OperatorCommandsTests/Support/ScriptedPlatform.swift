import JSON
import Locks
import NATS
import NATSTesting
import NIOCore
import OperatorCommands
import PlatformAPI

/// A platform with scripted replies, on a real nats-server.
final class ScriptedPlatform: Sendable {
  /// A received request.
  struct Asked: Sendable, Hashable {
    var operatorName: String
    var method: String
    var params: JSONValue
  }

  typealias Answer = @Sendable (JSONValue) -> APIReply?

  private struct State {
    var asked: [Asked] = []
    var answers: [String: Answer] = [:]
    var results: [String: JSONValue] = [:]
    var views: [String: JSONValue] = [:]
    var publishesCompletions = true
  }

  let server: NATSServerProcess
  private let client: NATSClient
  private let state = Locked(State())

  private init(_ server: NATSServerProcess, _ client: NATSClient) {
    self.server = server
    self.client = client
  }

  /// The token of all operators.
  static let token = "plso_0123456789012345678901234567890123456789"

  static func serverConfiguration() -> String {
    func user(_ name: String, _ publish: [String]) -> String {
      let allowed = publish.map { "\"\($0)\"" }.joined(separator: ", ")
      return """
        { user: \(name), password: "\(token)", permissions: { publish: [\(allowed)],
          subscribe: ["_INBOX_\(name).>", "pls.done.\(name).*", "agent.vm.*.evt", "vm.*.telemetry"] } }
        """
    }
    let views = OperatorRole.viewer.methods.map { "pls.api.eve.\($0.rawValue)" }
    return """
      authorization { users: [
        { user: platform, password: platform },
        \(user("admin", ["pls.api.admin.>"])),
        \(user("eve", views))
      ] }
      """
  }

  /// Runs `body` with a running platform.
  static func with(_ body: @escaping @Sendable (ScriptedPlatform) async throws -> Void) async throws {
    let server = try await NATSServerProcess.start { _ in serverConfiguration() }
    defer { server.discard() }
    let configuration = try configuration(server.url) {
      $0.credentials = { .userPassword("platform", "platform") }
    }
    try await within(testTimeout, "the test") {
      try await withClient(configuration) { client in
        let platform = ScriptedPlatform(server, client)
        let requests = try client.subscribe(to: PlatformSubjects.allRequests)
        try await client.flush()
        try await withThrowingTaskGroup(of: Void.self) { group in
          defer { group.cancelAll() }
          group.addTask {
            for await message in requests { platform.answer(message) }
          }
          try await body(platform)
          requests.unsubscribe()
        }
      }
    }
  }

  /// A console whose environment selects an operator of this platform.
  func console(
    _ name: String = "admin", size: Console.Size? = nil, answers: [String]? = nil
  ) -> TestConsole {
    TestConsole(
      environment: ["PLSCTL_URL": server.url, "PLSCTL_OPERATOR": name, "PLSCTL_TOKEN": Self.token],
      size: size, answers: answers)
  }

  var asked: [Asked] { state.withLock { $0.asked } }

  /// The parameters of the requests of a method.
  func asked(_ method: APIMethod) -> [JSONValue] {
    asked.filter { $0.method == method.rawValue }.map(\.params)
  }

  /// Sets the reply of a method; nil sends no reply.
  func answer(_ method: APIMethod, _ answer: @escaping Answer) {
    state.withLock { $0.answers[method.rawValue] = answer }
  }

  func answer(_ method: APIMethod, _ result: JSONValue) { answer(method) { _ in .result(result) } }

  /// Sets the outcome of commands of an operation: members that are merged into the command's view.
  func end(_ operation: String, with end: JSONValue) { state.withLock { $0.results[operation] = end } }

  /// Sets whether completions are published. Otherwise they must be looked up.
  func publishCompletions(_ isEnabled: Bool) { state.withLock { $0.publishesCompletions = isEnabled } }

  func publish(_ payload: JSONValue, to subject: String) throws {
    try client.publish(JSONWriter.encode(payload), to: subject)
  }

  /// Publishes an envelope as an agent.
  func publishEvent(_ type: String, _ payload: JSONValue, of agent: String, on subject: String? = nil) throws
  {
    try publish(
      [
        "v": 1, "id": "e-1", "type": .string(type), "agent_type": "vm", "agent_uuid": .string(agent),
        "timestamp": 1_764_005_600, "payload": payload,
      ], to: subject ?? "agent.vm.\(agent).evt")
  }

  private func answer(_ message: NATSMessage) {
    guard let (name, method) = PlatformSubjects.parseRequest(message.subject),
      let params = try? JSONReader.parse(Array(message.payload.readableBytesView))
    else { return }
    let answer: Answer? = state.withLock { state in
      state.asked.append(Asked(operatorName: name, method: method, params: params))
      return state.answers[method]
    }
    let reply: APIReply?
    if let answer {
      reply = answer(params)
    } else {
      reply = standard(method, params, name)
    }
    guard let reply else { return }
    try? message.reply(JSONWriter.encode(reply.json))
    if method == APIMethod.commandsSubmit.rawValue, case .result(let view) = reply { finish(view, name) }
  }

  private func standard(_ method: String, _ params: JSONValue, _ name: String) -> APIReply? {
    let object = params.objectValue ?? [:]
    switch method {
    case APIMethod.agentsShow.rawValue: return .result(Samples.detail)
    case APIMethod.commandsSubmit.rawValue:
      let view: JSONValue = [
        "id": object["id"] ?? "made", "agent": object["agent"] ?? "", "operation": object["operation"] ?? "",
        "params": object["params"] ?? [:], "submitted_by": .string(name), "submitted_at": 1_764_005_600.0,
        "expires_at": 1_764_005_660, "state": "pending", "attempts": 0,
      ]
      return .result(view)
    case APIMethod.commandsShow.rawValue:
      let id = object["id"]?.stringValue ?? ""
      let view = state.withLock { $0.views.first { $0.key.hasPrefix(id) }?.value }
      return view.map(APIReply.result) ?? .failure(APIError(.notFound, "there is no command \(id)"))
    default: return .failure(APIError(.unknownMethod, "no answer to \(method) is scripted"))
    }
  }

  private func finish(_ view: JSONValue, _ name: String) {
    guard var object = view.objectValue, let id = object["id"]?.stringValue,
      let operation = object["operation"]?.stringValue
    else { return }
    let (end, publishesCompletions) = state.withLock { ($0.results[operation], $0.publishesCompletions) }
    if let end = end?.objectValue {
      for member in end.members { object[member.key] = member.value }
      object["ended_at"] = 1_764_005_601.0
    }
    state.withLock { $0.views[id] = .object(object) }
    guard end != nil, publishesCompletions else { return }
    try? publish(.object(object), to: PlatformSubjects.done(id, of: name))
  }
}
