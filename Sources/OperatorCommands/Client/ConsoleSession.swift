import JSON
import Locks
import Logging
import NATS
import PlatformAPI

/// A connected run of `plsctl`: console, client, context and options.
struct ConsoleSession: Sendable {
  let console: Console
  let client: PlatformClient
  let context: ConsoleContext
  let options: ConsoleOptions

  /// Connects, runs `body`, and closes the connection.
  ///
  /// - Throws: `configuration`, `unreachable`, `noPermission` or `interrupted`; the errors of `body`.
  static func open(
    _ options: ConsoleOptions, on console: Console,
    _ body: @escaping @Sendable (ConsoleSession) async throws -> ExitStatus
  ) async throws -> ExitStatus {
    let choice = try ContextChoice(named: options.context, environment: console.environment)
    if let warning = choice.warning { console.report(warning) }
    let configuration = try configuration(of: choice.context)
    let secret = "the token of \(choice.context.operatorName)"
    if let warning = configuration.tls.clearTextWarning(for: configuration.servers, secret: secret) {
      console.report("warning: \(warning)")
    }
    let nats = NATSClient(
      configuration: configuration,
      logger: Logger(label: "plsctl", factory: { _ in SwiftLogNoOpLogHandler() }))
    let client = PlatformClient(
      nats: nats, operatorName: choice.context.operatorName,
      requestTimeout: options.timeout.map { min($0.duration, .seconds(30)) } ?? .seconds(5),
      observe: { method, time in
        if options.verbose { console.report("\(method) answered in \(milliseconds(time))") }
      })
    let session = ConsoleSession(
      console: console, client: client, context: choice.context, options: options)
    return try await session.run(body)
  }

  private func run(
    _ body: @escaping @Sendable (ConsoleSession) async throws -> ExitStatus
  ) async throws -> ExitStatus {
    let nats = client.nats
    let events = nats.events
    let start = ContinuousClock.now
    return try await withThrowingTaskGroup(of: ExitStatus?.self) { group in
      defer {
        nats.close()
        group.cancelAll()
      }
      group.addTask {
        // The reason is in `events`.
        do { try await nats.run() } catch { return nil }
        return nil
      }
      group.addTask {
        await console.interruption()
        if Task.isCancelled { return nil }
        reportOpenCommands()
        return .interrupted
      }
      group.addTask {
        let observer = try await connected(events, since: start)
        return try await withThrowingTaskGroup(of: ExitStatus?.self) { inner in
          defer { inner.cancelAll() }
          inner.addTask { try await watch(observer) }
          inner.addTask { try await body(self) }
          while let status = try await inner.next() {
            if let status { return status }
          }
          return nil
        }
      }
      while let status = try await group.next() {
        if let status { return status }
      }
      return .interrupted
    }
  }

  /// Waits for the first connection and returns an iterator over the events after it.
  private func connected(
    _ events: NATSEvents, since start: ContinuousClock.Instant
  ) async throws(ConsoleError) -> NATSEvents {
    let later = client.nats.events
    var last: NATSError?
    for await event in events {
      switch event {
      case .connected(_, let server, _):
        if options.verbose {
          console.report("connected to \(server.hostAndPort) in \(Self.milliseconds(.now - start))")
        }
        return later
      case .connectFailed(_, let error, _): last = error
      default: break
      }
    }
    throw refusal(last)
  }

  /// Throws when the server rejects the operator's credentials on a reconnect.
  private func watch(_ events: NATSEvents) async throws -> ExitStatus? {
    for await event in events {
      switch event {
      case .connectFailed(_, let error, _) where Self.isAboutCredentials(error): throw refusal(error)
      case .disconnected(let error?) where options.verbose:
        console.report("the connection was lost (\(error.message)); connecting again")
      default: break
      }
    }
    return nil
  }

  private func refusal(_ error: NATSError?) -> ConsoleError {
    guard let error else {
      return ConsoleError(.unreachable, "the server at \(context.url) cannot be reached")
    }
    if Self.isAboutCredentials(error) {
      return ConsoleError(
        .noPermission,
        "the server at \(context.url) refuses operator \(context.operatorName): its token is wrong or was replaced, "
          + "the operator was removed, or plusclouds-platform does not run")
    }
    // The server delegates authentication to the platform (auth callout) and does not answer without it.
    let hint = error.code == .timeout ? "; does plusclouds-platform run?" : ""
    return ConsoleError(.unreachable, error.message + hint)
  }

  private static func isAboutCredentials(_ error: NATSError) -> Bool {
    error.code == .authorizationViolation || error.code == .authenticationExpired
      || error.code == .invalidCredentials
  }

  private func reportOpenCommands() {
    let open = client.openCommands.withLock { $0 }
    guard open.count <= 3 else {
      return console.report("\(open.count) commands continue: plsctl commands list, commands cancel ID")
    }
    for (id, agent) in open {
      console.report(
        "the command for \(agent) continues: plsctl commands wait \(id), or commands cancel \(id)")
    }
  }

  private static func configuration(
    of context: ConsoleContext
  ) throws(ConsoleError) -> NATSClientConfiguration {
    guard OperatorName.isValid(context.operatorName) else {
      throw ConsoleError(
        .configuration, "\(context.operatorName.debugDescription) cannot be the name of an operator")
    }
    var configuration: NATSClientConfiguration
    do throws(NATSError) {
      configuration = NATSClientConfiguration(
        servers: try NATSServerAddress.list(context.url), name: "plsctl:\(context.operatorName)",
        credentials: { .userPassword(context.operatorName, context.token) })
      configuration.tls = context.tls
      try configuration.tls.validate(for: configuration.servers)
    } catch {
      throw ConsoleError(.configuration, "the url of the context: \(error.message)")
    }
    configuration.ignoreDiscoveredServers = context.discover == false
    configuration.inboxPrefix = PlatformSubjects.inboxPrefix(of: context.operatorName)
    configuration.retryOnFailedInitialConnect = false
    configuration.reconnect = NATSReconnectPolicy(initialDelay: .milliseconds(50), maxDelay: .seconds(1))
    configuration.pingInterval = .seconds(20)
    return configuration
  }

  private static func milliseconds(_ duration: Duration) -> String {
    let value = Double(duration.components.seconds) * 1e3 + Double(duration.components.attoseconds) / 1e15
    return NumberFormat.tenths(value) + " ms"
  }
}

extension NATSClient {
  /// The connected server as `host:port`.
  var connectedServer: String? {
    if case .connected(_, let server, _) = state { server.hostAndPort } else { nil }
  }
}
