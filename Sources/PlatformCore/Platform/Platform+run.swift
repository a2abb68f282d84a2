import Logging
import NATS
import PlatformAPI

extension Platform {
  /// Runs until ``stop()``, or something without which it cannot go on fails.
  ///
  /// - Parameter whenReady: is called once, when this instance answers. What it throws ends the platform.
  /// - Throws: ``ProvisioningError``, `NATSError`, what bind(2) says of the address of the metrics.
  public func run(whenReady: @escaping @Sendable (Registry) async throws -> Void = { _ in }) async throws {
    defer {
      stopping.set()
      started.set()
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (client, name) in [(fleetClient, "fleet"), (systemClient, "system")] {
        let log = ConnectionLog(name: name, logger: logger)
        let events = client.events
        group.addTask { await log.follow(events) }
        group.addTask { try await client.run() }
      }
      defer {
        fleetClient.close()
        systemClient.close()
      }
      try await work(whenReady)
      fleetClient.close()
      systemClient.close()
      try await group.waitForAll()
    }
  }

  private func work(_ whenReady: @escaping @Sendable (Registry) async throws -> Void) async throws {
    let parts: PlatformParts?
    do {
      parts = try await unlessStopped { try await PlatformParts.prepare(self) }
    } catch {
      if stopping.isSet { return }
      throw error
    }
    guard let parts else { return }
    try await withThrowingTaskGroup(of: Void.self) { services in
      // Whatever ends before it was asked to takes the others with it: half a platform is worse than none.
      func start(_ body: @escaping @Sendable () async throws -> Void) {
        services.addTask {
          defer { self.stopping.set() }
          do {
            try await body()
          } catch is CancellationError {
            // It was asked to end.
          }
        }
      }
      start { await parts.audit.run() }
      start { await parts.registry.run() }
      start { await parts.clones.run() }
      start { try await parts.servers.run() }
      start { await self.health.watchStore(StoreProbe(client: self.fleetClient, instance: self.instance)) }
      if let metrics = parts.metrics { start { try await metrics.run() } }
      try await whileRunning(parts, start, whenReady)
      services.cancelAll()
      try await services.waitForAll()
    }
  }

  /// The part in which operators, servers and agents are served. The lease is given back at its end, and what came is answered.
  private func whileRunning(
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
        // Who may log in stands in the registry: nobody waits for commands and state.
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
      logger.info("the platform ends", metadata: ["instance": "\(instance)"])
      await Self.atMost(.seconds(5)) { await parts.api.finish() }
      serving.cancelAll()
      try await serving.waitForAll()
    }
    await Self.atMost(.seconds(5)) { await parts.audit.finish() }
    do throws(NATSError) {
      try await fleetClient.drain(timeout: .seconds(5))
    } catch {
      logger.warning("not everything was answered", metadata: ["reason": "\(error.message)"])
    }
  }

  /// Runs `body`, and cancels it when it takes longer.
  private static func atMost(_ limit: Duration, _ body: @escaping @Sendable () async -> Void) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await body() }
      // Cancelled when the body is quicker.
      group.addTask { try? await Task.sleep(for: limit) }
      await group.next()
      group.cancelAll()
    }
  }

  /// Runs `body`, and gives it up when the platform is to end.
  ///
  /// - Returns: nil when it was given up.
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
