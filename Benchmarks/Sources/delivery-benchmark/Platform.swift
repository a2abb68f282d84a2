import AgentProtocol
import Glibc
import JSON
import JetStream
import Logging
import Loopback
import NATS
import NIOCore
import PlatformAPI
import PlatformCore

/// One instance of the platform, without the callout, and its environment.
enum Platform {
  static let silent = Logger(label: "benchmark", factory: { _ in SwiftLogNoOpLogHandler() })

  /// Runs `body` with a connected client.
  static func withClient<R: Sendable>(
    _ url: String, _ body: (NATSClient) async throws -> R
  ) async throws -> R {
    var configuration = NATSClientConfiguration(servers: try NATSServerAddress.list(url))
    configuration.inboxPrefix = PlatformSubjects.inboxPrefix(of: "bench")
    let client = NATSClient(configuration: configuration, logger: silent)
    let events = client.events
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      defer { client.close() }
      for await event in events { if case .connected = event { break } }
      let result = try await body(client)
      client.close()
      try await group.waitForAll()
      return result
    }
  }

  /// Runs `body` while an instance runs.
  static func run<R: Sendable>(
    _ url: String, agents: [String], counters: PlatformCounters = PlatformCounters(),
    _ body: (FleetService) async throws -> R
  ) async throws -> R {
    try await withClient(url) { client in
      let jetStream = JetStream(client)
      let buckets = try await StreamProvisioner(jetStream, logger: silent).provision()
      let audit = AuditLog(jetStream, logger: silent)
      let registry = Registry(buckets: buckets.registry, audit: audit, logger: silent)
      let service = FleetService(
        client: client, buckets: buckets, enrolled: registry, audit: audit, instance: "benchmark",
        counters: counters, logger: silent)
      let server = APIServer(
        client: client, directory: registry, handlers: service.handlers(), counters: counters, logger: silent)
      return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await registry.run() }
        await registry.ready()
        if registry.operatorRecord("bench") == nil {
          _ = try await registry.addOperator("bench", role: .admin, by: "benchmark")
        }
        for uuid in agents where registry.agent(uuid) == nil {
          _ = try await registry.enroll(uuid: uuid, token: nil, labels: nil, by: "benchmark")
        }
        group.addTask { await audit.run() }
        group.addTask { await service.run() }
        group.addTask { try await server.run() }
        await service.ready()
        while !service.lease.isHeld { try await Task.sleep(for: .milliseconds(5)) }
        let result = try await body(service)
        group.cancelAll()
        return result
      }
    }
  }

  static func uuid(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits + "-0000-4000-8000-000000000000"
  }

  /// The processor time of this process, in seconds.
  static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
