import JetStream
public import Logging
import NATS

/// Access to the platform's buckets without a running instance, for example to add the first operator.
public enum AdministrativeSession {
  /// Why no session was possible.
  public enum Failure: Error, Sendable, CustomStringConvertible {
    /// No server could be reached.
    case unavailable(String)
    /// The server refused the platform's key.
    case notPermitted(String)

    /// What happened and to which server.
    public var description: String {
      switch self {
      case .unavailable(let text), .notPermitted(let text): text
      }
    }
  }

  /// Connects and runs `body` with the registry.
  ///
  /// - Throws: ``Failure``, ``ProvisioningError``, and the errors of `body`.
  public static func run<R: Sendable>(
    _ configuration: PlatformConfiguration, logger: Logger,
    _ body: @escaping @Sendable (Registry) async throws -> R
  ) async throws -> R {
    try await connected(configuration.nats, configuration.nats.fleetSeed, logger: logger) { client in
      let jetStream = JetStream(client)
      let buckets = try await StreamProvisioner(
        jetStream, settings: StorageSettings(configuration), timeout: .seconds(5), logger: logger
      ).provision()
      let audit = AuditLog(jetStream, maxBytes: configuration.streams.audit.maxBytes, logger: logger)
      let registry = Registry(buckets: buckets.registry, audit: audit, logger: logger)
      return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await registry.run() }
        await registry.ready()
        let result = try await body(registry)
        group.cancelAll()
        return result
      }
    }
  }

  /// Runs `body` with a client that is connected as the user of a seed.
  static func connected<R: Sendable>(
    _ connection: PlatformConfiguration.Connection, _ seed: SeedFile, logger: Logger,
    _ body: @escaping @Sendable (NATSClient) async throws -> R
  ) async throws -> R {
    var configuration = NATSClientConfiguration.platform(
      connection, seed: seed, name: "plusclouds-platform:administration")
    configuration.retryOnFailedInitialConnect = false
    let client = NATSClient(configuration: configuration, logger: logger)
    let events = client.events
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        // Errors arrive as events, one for each server.
        do { try await client.run() } catch { return }
      }
      defer { client.close() }
      try await untilConnected(events)
      let result = try await body(client)
      client.close()
      return result
    }
  }

  private static func untilConnected(_ events: NATSEvents) async throws(Failure) {
    var failure = Failure.unavailable("no server was tried")
    for await event in events {
      switch event {
      case .connected: return
      case .connectFailed(let server, let error, _):
        let isRefusal = error.code == .authorizationViolation
        failure =
          isRefusal
          ? .notPermitted("\(server) refuses the platform's key: is its configuration that of `init`?")
          : .unavailable("\(server): \(error)")
      default: continue
      }
    }
    throw failure
  }
}
