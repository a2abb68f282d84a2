import JSON
import JetStream
import Locks
import Logging
import NATS
import NATSTesting
import PlatformAPI

@testable import PlatformCore

/// Enrolled agents without a registry.
struct FakeEnrolledAgents: EnrolledAgents {
  var records: [String: AgentRecord] = [:]

  init(_ uuids: [String]) {
    for uuid in uuids {
      records[uuid] = AgentRecord(
        uuid: uuid, labels: ["env": "test"], tokens: [], enrolledAt: 1, enrolledBy: "tests")
    }
  }

  func agents() -> [AgentRecord] { Array(records.values) }
  func agent(_ uuid: String) -> AgentRecord? { records[uuid] }
}

/// Collects audit entries, without duplicates, as the audit log does for a command that ends twice.
final class TestAudit: Auditing {
  let entries = Locked<[AuditEntry]>([])

  func record(_ entry: AuditEntry) async throws(APIError) { enqueue(entry) }
  func enqueue(_ entry: AuditEntry) {
    entries.withLock { if !$0.contains(entry) { $0.append(entry) } }
  }
  func count(_ action: String, _ object: String) -> Int {
    entries.withLock { $0.count { $0.action == action && $0.object == object } }
  }
}

/// A server, the platform's buckets there, and an operator's client.
struct Rig: Sendable {
  let server: NATSServerProcess
  let buckets: PlatformBuckets
  let enrolled: FakeEnrolledAgents
  let audit = TestAudit()

  static let uuid = "11111111-1111-4111-8111-111111111111"
  static let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

  static func with<R: Sendable>(
    uuids: [String] = [uuid], settings: StorageSettings = StorageSettings(),
    accounts: (String) -> String = { $0 },
    _ body: (Rig, NATSClient) async throws -> R
  ) async throws -> R {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    let server = try await NATSServerProcess.start { _ in
      TestAccounts.configuration(store: folder, accounts)
    }
    defer { server.stop() }
    return try await withClient(of: server) { client in
      let buckets = try await StreamProvisioner(JetStream(client), settings: settings, logger: silent)
        .provision()
      return try await body(
        Rig(server: server, buckets: buckets, enrolled: FakeEnrolledAgents(uuids)), client)
    }
  }

  func service(
    _ client: NATSClient, _ name: String = "one", aliveWithin: Duration = .seconds(75),
    counters: PlatformCounters = PlatformCounters()
  ) -> FleetService {
    var settings = FleetService.Settings()
    settings.aliveWithin = aliveWithin
    settings.metricsWriteInterval = .zero
    return FleetService(
      client: client, buckets: buckets, enrolled: enrolled, audit: audit, instance: name, settings: settings,
      counters: counters, logger: Self.silent)
  }

  /// Runs `body` while an instance runs and leads.
  func leading<R: Sendable>(
    _ client: NATSClient, aliveWithin: Duration = .seconds(75), _ body: (FleetService) async throws -> R
  ) async throws -> R {
    let service = service(client, aliveWithin: aliveWithin)
    return try await running(service) {
      try await eventually("the instance leads") { service.lease.isHeld }
      return try await body(service)
    }
  }

  func running<R: Sendable>(_ service: FleetService, _ body: () async throws -> R) async throws -> R {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await service.run() }
      let result = try await body()
      group.cancelAll()
      return result
    }
  }
}

/// Waits until a condition holds.
func eventually(_ what: String, _ isSo: @Sendable () async throws -> Bool) async throws {
  let deadline = ContinuousClock.now + testTimeout
  while try await !isSo() {
    guard ContinuousClock.now < deadline else { throw DeadlinePassed(description: "\(what): never") }
    try await Task.sleep(for: .milliseconds(10))
  }
}

extension FleetService {
  /// Sends an API request as an operator.
  func ask(_ method: APIMethod, _ params: some Encodable, by name: String = "op") async throws -> JSONValue {
    guard let handler = handlers()[method] else { throw APIError(.unknownMethod, method.rawValue) }
    return try await handler(APICall(operatorName: name, params: try APICoding.json(params)))
  }

  func submit(_ request: Requests.Submit) async throws -> CommandView {
    try APICoding.value(from: try await ask(.commandsSubmit, request))
  }

  func show(_ id: String) async throws -> CommandView {
    try APICoding.value(from: try await ask(.commandsShow, Requests.Command(id: id)))
  }

  /// Waits until a command has ended.
  func ended(_ id: String) async throws -> CommandView {
    try await eventually("command \(id) ends") { try await self.show(id).state.isFinal }
    return try await show(id)
  }
}
