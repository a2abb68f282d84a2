import Logging
import NATS
import PlatformAPI

extension Platform {
  /// Runs until ``stop()`` is called, or a required part fails.
  ///
  /// - Parameter whenReady: Called once when this instance answers. An error that it throws ends the platform.
  /// - Throws: ``ProvisioningError``, `NATSError`, the error of bind(2) for the address of the metrics.
  public func run(whenReady: @escaping @Sendable (Registry) async throws -> Void = { _ in }) async throws {
    defer {
      stopping.set()
      started.set()
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (client, name) in [(fleetClient, "fleet"), (systemClient, "system")] {
        let log = ConnectionLog(name: name, logger: logger)
        let events = client.events
        group.addTask { await log.run(events) }
        group.addTask { try await client.run() }
      }
      defer {
        fleetClient.close()
        systemClient.close()
      }
      try await runServices(whenReady)
      fleetClient.close()
      systemClient.close()
      try await group.waitForAll()
    }
  }

  private func runServices(_ whenReady: @escaping @Sendable (Registry) async throws -> Void) async throws {
    let parts: PlatformParts?
    do {
      parts = try await unlessStopped { try await PlatformParts.prepare(self) }
    } catch {
      if stopping.isSet { return }
      throw error
    }
    guard let parts else { return }
    try await withThrowingTaskGroup(of: Void.self) { services in
      // When one service ends without being cancelled, the others are cancelled: an instance never runs partially.
      func start(_ body: @escaping @Sendable () async throws -> Void) {
        services.addTask {
          defer { self.stopping.set() }
          do {
            try await body()
          } catch is CancellationError {
            // The platform is stopping.
          }
        }
      }
      start { await parts.audit.run() }
      start { await parts.registry.run() }
      start { await parts.clones.run() }
      start { try await parts.servers.run() }
      start { await self.health.watchStore(StoreProbe(client: self.fleetClient, instance: self.instance)) }
      if let metrics = parts.metrics { start { try await metrics.run() } }
      try await serve(parts, start, whenReady)
      services.cancelAll()
      try await services.waitForAll()
    }
  }

  /// Serves operators, servers and agents until the platform stops. Then gives the lease back and answers the
  /// accepted requests.
  private func serve(
    _ parts: PlatformParts, _ start: (@escaping @Sendable () async throws -> Void) -> Void,
    _ whenReady: @escaping @Sendable (Registry) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { serving in
      serving.addTask {
        defer { self.stopping.set() }
        await parts.fleet.run()
      }
      try await unlessStopped { await parts.registry.ready() }
      if !stopping.isSet {
        // Authentication needs the registry only, not commands and fleet state.
        start { await parts.enforcer.run() }
        start { try await self.health.whileClockAgrees { try await parts.callout.run() } }
        try await unlessStopped { await parts.fleet.ready() }
      }
      if !stopping.isSet {
        serving.addTask {
          defer { self.stopping.set() }
          try await self.health.whileClockAgrees { try await parts.api.run() }
        }
        try await unlessStopped {
          try await parts.callout.ready()
          try await whenReady(parts.registry)
        }
      }
      if !stopping.isSet {
        logger.info(
          "the platform answers",
          metadata: ["instance": "\(instance)", "version": "\(PlatformVersion.current)"])
        started.set()
        await stopping.wait()
      }
      logger.info("the platform is stopping", metadata: ["instance": "\(instance)"])
      await Self.atMost(.seconds(5)) { await parts.api.finish() }
      serving.cancelAll()
      try await serving.waitForAll()
    }
    await Self.atMost(.seconds(5)) { await parts.audit.finish() }
    do throws(NATSError) {
      try await fleetClient.drain(timeout: .seconds(5))
    } catch {
      logger.warning("some replies were not sent", metadata: ["reason": "\(error.message)"])
    }
  }

  /// Runs `body`, and cancels it after `limit`.
  private static func atMost(_ limit: Duration, _ body: @escaping @Sendable () async -> Void) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await body() }
      // Cancelled when the body returns first.
      group.addTask { try? await Task.sleep(for: limit) }
      await group.next()
      group.cancelAll()
    }
  }

  /// Runs `body`, and cancels it when the platform stops.
  ///
  /// - Returns: Nil when it was cancelled.
  private func unlessStopped<R: Sendable>(
    _ body: @escaping @Sendable () async throws -> R
  ) async throws -> R? {
    try await withThrowingTaskGroup(of: R?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        await self.stopping.wait()
        return nil
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
  }
}
