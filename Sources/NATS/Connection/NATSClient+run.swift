import DequeModule
import Locks
import Logging
import NIOCore

extension NATSClient {
  /// Connects and stays connected until ``close()``, the end of ``drain(timeout:)``, or cancellation of the task.
  ///
  /// - Throws: ``NATSError/Code/reconnectsExhausted`` when ``NATSReconnectPolicy/maxReconnects`` attempts have failed; the error of
  ///   the first connect when ``NATSClientConfiguration/retryOnFailedInitialConnect`` is false; ``NATSError/Code/invalidURL`` when
  ///   no server is configured. The client is closed then.
  public func run() async throws {
    let mayRun = lifecycle.withLock { lifecycle in
      guard !lifecycle.isRunning, lifecycle.state != .closed else { return false }
      lifecycle.isRunning = true
      return true
    }
    guard mayRun else {
      if state == .closed { return }
      throw NATSError(.connectionClosed, "the client is already running")
    }
    let failure: NATSError? = await withTaskGroup(of: NATSError?.self) { group in
      group.addTask { await self.stayConnected() }
      group.addTask {
        await self.resubscribeRefused()
        return nil
      }
      group.addTask {
        for await _ in self.closing.stream {}
        return nil
      }
      let first = await group.next() ?? nil
      // Resumes pending calls, also when the connection task ended on its own.
      close()
      group.cancelAll()
      await group.waitForAll()
      return first
    }
    hub.send(.closed)
    hub.finish()
    if let failure { throw failure }
  }

  /// - Returns: the error that ended the reconnects, or nil when the task was cancelled.
  private func stayConnected() async -> NATSError? {
    var connection: LiveConnection?
    var isFirst = true
    while !Task.isCancelled {
      do throws(NATSError) {
        if connection == nil { connection = try await connectSomewhere(isFirst: isFirst) }
      } catch {
        return error
      }
      guard let live = connection else { break }
      isFirst = false
      switch await live.nextSignal() {
      case .lameDuck:
        if let other = await connectElsewhere(than: live.server) { connection = other }
      case .ended:
        let fraction = Double.random(in: 0..<1)
        pool.withLock {
          $0.disconnected(
            after: Duration(.now() - live.since), now: NIODeadline.now().uptime, fraction: fraction)
        }
        connection = nil
      case nil:
        await live.finish()
        return nil
      }
    }
    return nil
  }

  /// Tries the servers until a connection is established.
  ///
  /// - Returns: nil if the task was cancelled.
  private func connectSomewhere(isFirst: Bool) async throws(NATSError) -> LiveConnection? {
    let policy = configuration.reconnect
    let allowed = policy.maxReconnects < 0 ? Int.max : policy.maxReconnects + (isFirst ? 1 : 0)
    let isSinglePass = isFirst && !configuration.retryOnFailedInitialConnect
    var failures = 0
    var last: NATSError?
    return try await race { [self] tried throws(NATSError) in
      if failures >= allowed {
        let reason = last?.message ?? "no reconnects are allowed"
        throw NATSError(.reconnectsExhausted, "gave up after \(failures) attempts: \(reason)")
      }
      let (next, count) = pool.withLock { ($0.next(now: NIODeadline.now().uptime), $0.servers.count) }
      guard count > 0 else {
        throw NATSError(.invalidURL, "there is no server to connect to: name at least one")
      }
      if isSinglePass, let last, failures >= count { throw last }
      guard failures + tried < (isSinglePass ? min(allowed, count) : allowed) else { return nil }
      return next
    } failed: { [self] server, error in
      failures += 1
      last = error
      let fraction = Double.random(in: 0..<1)
      let next = pool.withLock { pool in
        pool.failed(server, now: NIODeadline.now().uptime, fraction: fraction)
        return pool.next(now: NIODeadline.now().uptime)?.delay ?? .zero
      }
      logger.debug("connecting failed", metadata: ["server": "\(server)", "error": "\(error.message)"])
      hub.send(.connectFailed(server: server, error, nextAttempt: next))
    }
  }

  /// Tries each of the other servers once, while the current connection stays in use.
  private func connectElsewhere(than server: NATSServerAddress) async -> LiveConnection? {
    var others = Deque(pool.withLock { $0.others(than: server) })
    do throws(NATSError) {
      return try await race { tried throws(NATSError) in
        if let next = others.popFirst() { return ServerPool.Attempt(address: next, delay: .zero) }
        if tried == 0 { throw NATSError(.notConnected, "no other server can be reached") }
        return nil
      } failed: { [self] server, error in
        logger.debug("moving failed", metadata: ["server": "\(server)", "error": "\(error.message)"])
        hub.send(.connectFailed(server: server, error, nextAttempt: .zero))
      }
    } catch {
      return nil
    }
  }

  /// Establishes one connection and puts it into use.
  ///
  /// - Parameter claim: called before the credentials are sent; false ends the attempt.
  func connect(
    to server: NATSServerAddress, claim: @escaping @Sendable () -> Bool
  ) async throws(NATSError) -> LiveConnection {
    let credentials: NATSCredentials
    do {
      credentials = try await configuration.credentials()
    } catch let error as NATSError {
      throw error
    } catch {
      throw NATSError(.invalidCredentials, "the credentials could not be loaded: \(error)")
    }
    let (signals, signal) = AsyncStream.makeStream(of: ConnectionSignal.self)
    let transport = transport
    let encryption = EncryptionPolicy(
      server: server, tls: configuration.tls, hasUsedTLS: pool.withLock { $0.hasUsedTLS(server) })
    let settings = ConnectionSettings(
      server: server, credentials: credentials, name: configuration.name, echo: configuration.echo,
      tls: tlsPolicy(for: server, encryption), encryption: encryption,
      pingInterval: TimeAmount(configuration.pingInterval),
      maxPingsOutstanding: configuration.maxPingsOutstanding,
      deadline: .now() + TimeAmount(configuration.connectTimeout), claim: claim, signals: signal,
      upgradeToTLS: { [self] channel in
        transport.upgradeToTLS(channel: channel, server: server).map { [self] in
          pool.withLock { $0.recordTLS(of: server) }
        }
      })
    let box = NIOLoopBoundBox<ConnectionHandler?>.makeEmptyBox(
      valueType: ConnectionHandler.self, eventLoop: eventLoop)
    let channel = try await transport.connect(
      to: server, on: eventLoop, deadline: settings.deadline
    ) { [self] channel in
      let handler = ConnectionHandler(
        settings: settings, delegate: self, established: channel.eventLoop.makePromise())
      box.value = handler
      try channel.pipeline.syncOperations.addHandler(handler)
    }
    do {
      try await withTaskCancellationHandler {
        // Within the event loop tick of the first PONG, so that no other work delays the subscriptions.
        try await eventLoop.flatSubmit { [self] () -> EventLoopFuture<Void> in
          guard let handler = box.value else {
            return eventLoop.makeFailedFuture(NATSError(.connectionFailed, "\(server) could not be used"))
          }
          return handler.whenEstablished.flatMapThrowing { [self] in
            if let handler = box.value { try activate(handler) }
          }
        }.get()
      } onCancel: {
        channel.close(promise: nil)
      }
    } catch {
      channel.close(promise: nil)
      throw error as? NATSError ?? NATSError(.connectionFailed, "connecting to \(server) failed: \(error)")
    }
    pool.withLock { $0.connected(server) }
    return LiveConnection(server: server, since: .now(), channel: channel, handler: box, signals: signals)
  }

  private func tlsPolicy(
    for server: NATSServerAddress, _ encryption: EncryptionPolicy
  ) -> ConnectionStateMachine.TLSPolicy {
    if server.scheme.isWebSocket || configuration.tls.mode == .first { return .settled }
    return encryption.mustEncrypt ? .required : .ifRequired
  }
}
