import Clocks
import JetStream
import Locks
import Logging
import NATS
import NATSTesting
import PlatformAPI

@testable import PlatformCore

/// A server with JetStream and a temporary store.
final class JetStreamServer: Sendable {
  let server: NATSServerProcess
  let store: String

  static func start(_ more: String = "") async throws -> JetStreamServer {
    let store = try FileTree.makeTemporary()
    return JetStreamServer(
      server: try await NATSServerProcess.start { _ in TestAccounts.configuration(store: store) + more },
      store: store)
  }

  private init(server: NATSServerProcess, store: String) {
    self.server = server
    self.store = store
  }

  deinit {
    server.stop()
    FileTree.remove(store)
  }
}

/// A running registry with an audit log.
struct RegistryRig: Sendable {
  let client: NATSClient
  let jetStream: JetStream
  let audit: AuditLog
  let registry: Registry

  /// Runs `body` with an instance that is ready.
  static func run<R: Sendable>(
    on server: JetStreamServer, storage: StorageSettings = StorageSettings(),
    now: @escaping @Sendable () -> Double = { WallClock.now },
    _ body: @escaping @Sendable (RegistryRig) async throws -> R
  ) async throws -> R {
    try await withClient(of: server.server) { client in
      let jetStream = JetStream(client, timeout: .seconds(30))
      _ = try await AuditRecord.jetStream(client).ensureStream(storage.auditStream)
      let audit = AuditLog(jetStream, logger: quiet)
      let registry = Registry(
        buckets: try await .ensure(jetStream), audit: audit, logger: quiet, now: now)
      let rig = RegistryRig(client: client, jetStream: jetStream, audit: audit, registry: registry)
      return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await registry.run() }
        group.addTask { await audit.run() }
        defer { group.cancelAll() }
        return try await within(testTimeout, "the test's body") {
          await registry.ready()
          return try await body(rig)
        }
      }
    }
  }

  /// Runs `body` with two instances on one server.
  static func runTwo<R: Sendable>(
    _ body: @escaping @Sendable (RegistryRig, RegistryRig) async throws -> R
  ) async throws -> R {
    let server = try await JetStreamServer.start()
    return try await run(on: server) { first in
      try await run(on: server) { second in try await body(first, second) }
    }
  }

  /// Runs `body` with an instance on a server of its own.
  static func run<R: Sendable>(_ body: @escaping @Sendable (RegistryRig) async throws -> R) async throws -> R
  {
    try await run(on: JetStreamServer.start(), body)
  }

  /// The subjects and payloads of all messages in a stream.
  func rawBytes(of stream: String) async throws -> String {
    let jetStream = stream == AuditLog.streamName ? AuditRecord.jetStream(client) : jetStream
    let state = try await jetStream.stream(stream).state
    var text = ""
    guard state.messages > 0 else { return text }
    for sequence in state.firstSequence...state.lastSequence {
      guard let message = try await jetStream.getMessage(stream: stream, sequence: sequence) else { continue }
      text += "\(message.subject) \(String(decoding: message.payload, as: UTF8.self))\n"
    }
    return text
  }

  /// Waits until a condition holds for the registry.
  func eventually(_ what: String, _ condition: @escaping @Sendable (Registry) -> Bool) async throws {
    let changes = registry.changes
    if condition(registry) { return }
    try await within(testTimeout, what) { [registry] in
      for await _ in changes where condition(registry) { return }
      throw DeadlinePassed(description: "the changes ended before \(what)")
    }
  }
}

let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

/// A clock set by the test.
final class TestClock: Sendable {
  private let time: MutableBox<Double>

  init(_ time: Double = 1_800_000_000) { self.time = MutableBox(time) }

  var now: Double { time.value }

  func advance(_ seconds: Double) { time.value += seconds }
}

/// The error that `body` throws; nil when it succeeds.
func apiError<R>(_ body: () async throws -> R) async -> APIError? {
  do {
    _ = try await body()
    return nil
  } catch let error as APIError {
    return error
  } catch {
    return nil
  }
}
