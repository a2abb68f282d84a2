import Glibc
import JSON
import NATSTesting
import PlatformAPI
import Testing

@testable import OperatorCommands

/// Identities are compared by their UTF-8 bytes, not by canonical equivalence.
@Suite struct ExactComparisonTests {
  /// Pairs that `String` considers equal.
  static let pairs = [("K", "\u{212A}"), ("caf\u{E9}", "cafe\u{301}")]

  private static let token = "plso_0123456789012345678901234567890123456789"

  private func inFolder(_ body: (String) async throws -> Void) async throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    try await body(folder)
  }

  @Test(arguments: pairs)
  func contextNameIsMatchedExactly(name: String, equivalent: String) throws {
    let context = ConsoleContext(url: "nats://a", operatorName: "admin", token: Self.token)
    var file = ContextsFile(current: equivalent, contexts: [equivalent: context])
    #expect(throws: ConsoleError.self) { try file.context(name) }
    #expect(try file.context(equivalent) == context)
    #expect(!file.isCurrent(name) && file.isCurrent(equivalent))
    #expect(throws: ConsoleError.self) { try file.set(context, named: name) }
    try file.set(context, named: equivalent)
    #expect(file.contexts.count == 1)
  }

  @Test func equivalentContextNameIsNotUsedOrReplaced() async throws {
    try await inFolder { folder in
      let path = "\(folder)/contexts.yaml"
      let text =
        "current: \u{212A}\ncontexts:\n  \u{212A}: {url: 'nats://127.0.0.1:1', operator: admin, token: \(Self.token)}\n"
      try FileTree.write(text, to: path)
      chmod(path, 0o600)
      try FileTree.write(Self.token, to: "\(folder)/token")
      func plsctl(_ arguments: String...) async -> ProgramStatus {
        await TestConsole(environment: ["PLSCTL_CONFIG": path]).run(arguments)
      }
      #expect(await plsctl("context", "show") == .done)
      #expect(await plsctl("context", "use", "K") == .configuration)
      #expect(await plsctl("context", "remove", "K") == .configuration)
      #expect(await plsctl("status", "--context", "K") == .configuration)
      #expect(
        await plsctl(
          "context", "add", "K", "--url", "nats://127.0.0.1:2", "--operator", "admin", "--token-file",
          "\(folder)/token", "--replace") == .configuration)
    }
  }

  @Test(arguments: pairs)
  func equivalentLabelKeysAreRejected(key: String, equivalent: String) throws {
    #expect(throws: ConsoleError.self) { try LabelArguments.parse(["\(key)=1", "\(equivalent)=2"]) }
    #expect(try LabelArguments.parse(["\(key)=1", "\(key)=2"]).set == [key: "2"])
  }

  @Test func separatorsAreFoundByBytes() throws {
    // A combining mark merges with the separator as a Character.
    #expect(try LabelArguments.parse(["env=\u{301}x"]).set["env"]?.hasPrefix("\u{301}") == true)
    let params = try ParameterArguments.parse(["name=\u{301}x"])
    #expect(params?.objectValue?["name"]?.stringValue?.unicodeScalars.count == 2)
  }

  @Test(arguments: pairs)
  func recordIsMatchedExactly(text: String, equivalent: String) async throws {
    try await inFolder { folder in
      let path = "\(folder)/record"
      func open(_ operation: String, _ param: String) throws -> RolloutRecord {
        try RolloutRecord(path: path, operation: operation, params: ["path": .string(param)])
      }
      let record = try open("op-\(text)", text)
      try record.append(text, .init(command: "1", state: "submitted"))
      try record.append(equivalent, .init(command: "2", state: "completed"))
      #expect(try open("op-\(text)", text).steps.count == 2)
      #expect(throws: ConsoleError.self) { try open("op-\(equivalent)", text) }
      #expect(throws: ConsoleError.self) { try open("op-\(text)", equivalent) }
    }
  }

  @Test(arguments: pairs)
  func agentsAreDistinguishedExactly(uuid: String, equivalent: String) {
    var rollout = Rollout([uuid, equivalent], .init(canary: 0, batch: .agents(2), maxFailures: 1))
    #expect(rollout.next().count == 2)
    #expect(rollout.running.count == 2)

    let agents = [uuid, equivalent].map { AgentView(uuid: $0, status: .silent) }
    var named = agents
    for index in named.indices { named[index].hostname = "host-\(index)" }
    #expect(AgentDisplayNames.names(of: named).count == 2)

    var notice = RolloutSilenceNotice()
    #expect(notice.line(for: [agents[0]], names: [:], at: 1) != nil)
    #expect(notice.line(for: agents, names: [:], at: 2) != nil)

    var board = TelemetryBoard(names: [:])
    for agent in agents { _ = board.add(Samples.telemetry, of: agent.uuid, at: 1) }
    #expect(board.snapshot().count == 2)
  }

  @Test(arguments: pairs)
  func interfacesAreDistinguishedExactly(name: String, equivalent: String) {
    func sample(_ first: Int64, _ second: Int64) -> JSONValue {
      let interfaces = [(name, first), (equivalent, second)].map { name, count -> JSONValue in
        ["interface": .string(name), "bytes_recv": .integer(count), "bytes_sent": 0]
      }
      return ["network": .array(interfaces)]
    }
    var history = TelemetryHistory(name: "web-1")
    history.add(sample(1000, 5000), at: 10)
    history.add(sample(1100, 5200), at: 11)
    #expect(history.received == [300])
  }

  @Test func variableWithEquivalentNameIsIgnored() {
    let variables = Console.variables(from: ["PLSCTL_TO\u{212A}EN=evil", "PLSCTL_URL=a=b", "EMPTY=", "none"])
    #expect(variables == ["PLSCTL_URL": "a=b", "EMPTY": ""])
  }

  @Test(arguments: [("one\r", "one\r\ntwo\n"), ("e", "e\u{301}\n"), ("one\n", "one\n")])
  func remainderOfOutputIsFoundByBytes(streamed: String, whole: String) {
    let console = TestConsole()
    let output = RemoteOutput(console: console.console)
    let event: JSONValue = [
      "v": 1, "id": "e-1", "type": "progress", "agent_type": "vm", "agent_uuid": .string(Samples.uuid),
      "timestamp": 1_764_005_600,
      "payload": ["command_id": "c", "seq": 1, "stream": "stdout", "data": .string(streamed)],
    ]
    output.receive(JSONWriter.encode(event), command: "c")
    output.complete(with: ["stdout": .string(whole), "stderr": ""])
    #expect(Array(console.output.utf8) == Array(whole.utf8))
  }
}
