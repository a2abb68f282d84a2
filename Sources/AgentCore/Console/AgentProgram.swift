import AgentProtocol
import Glibc
import HostControl
import JSON
import Logging
import NATS
import NIOCore
import NIOPosix
import ServiceLifecycle
import StructuredLogging
import UnixSignals

/// The agent as a program: loads the configuration, builds the agent, and runs it until SIGTERM or SIGINT.
public struct AgentProgram: Sendable {
  /// The exit status for an invalid configuration (EX_CONFIG of sysexits.h).
  public static let configurationError = ConfigurationError.exitCode

  private let configurationPath: String?

  /// Creates a program.
  ///
  /// - Parameter configurationPath: The configuration file; nil = search the default locations.
  public init(configurationPath: String?) {
    self.configurationPath = configurationPath
  }

  /// Runs until SIGTERM or SIGINT.
  ///
  /// - Returns: The exit status: 0, ``configurationError``, or 1 when `nats.max_reconnects` is used up.
  public func run() async -> Int32 {
    // One event loop suffices for one connection; NIO starts one for each processor by default.
    NIOSingletons.groupLoopCountSuggestion = 1
    NIOSingletons.blockingPoolThreadCountSuggestion = 1
    let notifier = ServiceNotifier.takeFromEnvironment()
    let environment = ProcessEnvironment.current()
    let loader = ConfigurationLoader(explicitPath: configurationPath, environment: environment)
    do {
      return try await run(loader, environment, notifier)
    } catch {
      Terminal.print("plusclouds-agent: \(error)", to: .error)
      return Self.configurationError
    }
  }

  private func run(
    _ loader: ConfigurationLoader, _ environment: [String: String], _ notifier: ServiceNotifier
  ) async throws(ConfigurationError) -> Int32 {
    // Trapped before anything else: by default SIGHUP would end an agent that waits for its identity.
    let hangups = await UnixSignalsSequence(trapping: .sighup)
    var loaded = try loader.load()
    let level = LogLevelSwitch(loaded.configuration.log.level)
    let output = LogOutput(
      format: loaded.configuration.log.format, file: loaded.configuration.log.file, environment: environment)
    let logger = Logger(label: "plusclouds-agent") { _ in StructuredLogHandler(output: output, level: level) }
    defer { output.flush() }
    logWarnings(loaded, logger)
    adoptOrphans(logger)
    // Ready before an identity or a server is available: boot must not wait for either.
    notifier.ready(status: "starting")
    if AgentUUID(loaded.configuration.nats.agentUUID) == nil {
      notifier.status("waiting for an identity")
      guard await waitForIdentity(loader, every: loaded.configuration.nats.reconnectWait, notifier, logger)
      else {
        return 0
      }
      // Other settings may have changed together with the identity.
      loaded = try loader.load()
      level.level = loaded.configuration.log.level
      logWarnings(loaded, logger)
    }
    guard let identity = AgentUUID(loaded.configuration.nats.agentUUID) else {
      throw ConfigurationError(
        file: loaded.configuration.source ?? "environment", key: "nats.agent_uuid",
        message: "was removed again while the agent started")
    }
    logger.info(
      "agent identity resolved",
      metadata: ["agent_uuid": "\(identity)", "version": "\(AgentVersion.current)"])
    let agent = try Agent(
      identity: identity, loaded: loaded, loader: loader, level: level, output: output, hangups: hangups,
      notifier: notifier, environment: environment, logger: logger)
    return await run(agent, logger)
  }

  private func logWarnings(_ loaded: LoadedConfiguration, _ logger: Logger) {
    for warning in loaded.warnings { logger.warning("configuration", metadata: ["reason": "\(warning)"]) }
    if loaded.drive == nil {
      logger.debug("no config drive", metadata: ["path": "\(loaded.configuration.iso.mountPath)"])
    }
  }

  private func run(_ agent: Agent, _ logger: Logger) async -> Int32 {
    // ServiceGroup's log lines are of no use to an operator.
    let silent = Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
    let group = ServiceGroup(
      configuration: .init(
        services: [
          .init(
            service: agent, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .cancelGroup)
        ], gracefulShutdownSignals: [.sigterm, .sigint], logger: silent))
    do {
      try await group.run()
      return 0
    } catch {
      logger.critical("agent ended", metadata: ["reason": "\(error)"])
      return 1
    }
  }

  /// Becomes the subreaper of orphaned child processes, so that they are reaped and can be killed with a cancelled program.
  private func adoptOrphans(_ logger: Logger) {
    do {
      try ChildSubreaper.enable()
    } catch {
      logger.warning("orphaned child processes are reparented to init", metadata: ["reason": "\(error)"])
    }
  }

  /// Waits until an identity is configured. A config drive may be attached after the agent has started.
  ///
  /// - Returns: false after a stop signal.
  private func waitForIdentity(
    _ loader: ConfigurationLoader, every pause: Duration, _ notifier: ServiceNotifier, _ logger: Logger
  ) async -> Bool {
    logger.warning("no identity, waiting for one", metadata: ["key": "nats.agent_uuid"])
    return await withTaskGroup(of: Bool?.self) { group in
      group.addTask {
        await Watchdog(notifier).run()
        return nil
      }
      group.addTask {
        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { return false }
        return nil
      }
      group.addTask {
        while !Task.isCancelled {
          do { try await Task.sleep(for: max(pause, .seconds(1))) } catch { return nil }
          let reading = loader.reloadIdentity()
          for warning in reading.warnings {
            logger.warning("configuration", metadata: ["reason": "\(warning)"])
          }
          if AgentUUID(reading.identity.agentUUID) != nil { return true }
        }
        return nil
      }
      defer { group.cancelAll() }
      for await isThere in group { if let isThere { return isThere } }
      return false
    }
  }
}
