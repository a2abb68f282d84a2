import AgentProtocol
import Glibc
import HostControl
import JSON
import Logging
import NATS
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// The agent as a program: reads the configuration, builds the agent, and runs it until a signal.
public struct AgentProgram: Sendable {
  /// sysexits.h: something in the configuration is wrong.
  public static let configurationError = ConfigurationError.exitCode

  private let configurationPath: String?

  /// A program.
  ///
  /// - Parameter configurationPath: The one file to read; nil = the usual places.
  public init(configurationPath: String?) {
    self.configurationPath = configurationPath
  }

  /// Runs until SIGTERM or SIGINT.
  ///
  /// - Returns: The exit status: 0, ``configurationError``, or 1 when `nats.max_reconnects` is used up.
  public func run() async -> Int32 {
    // One thread is enough for one connection, and costs less memory than one a processor.
    NIOSingletons.groupLoopCountSuggestion = 1
    NIOSingletons.blockingPoolThreadCountSuggestion = 1
    let environment = ProcessEnvironment.current()
    let loader = ConfigurationLoader(explicitPath: configurationPath, environment: environment)
    do {
      return try await run(loader, environment)
    } catch {
      Terminal.print("plusclouds-agent: \(error)", to: .error)
      return Self.configurationError
    }
  }

  private func run(
    _ loader: ConfigurationLoader, _ environment: [String: String]
  ) async throws(ConfigurationError) -> Int32 {
    let loaded = try loader.load()
    let configuration = loaded.configuration
    let level = LogLevelSwitch(configuration.log.level)
    let output = LogOutput(configuration.log, environment: environment)
    let logger = Logger(label: "plusclouds-agent") { _ in AgentLogHandler(output: output, level: level) }
    defer { output.flush() }
    if loaded.drive == nil {
      logger.debug("no config drive", metadata: ["path": "\(configuration.iso.mountPath)"])
    }
    for warning in loaded.warnings { logger.warning("configuration", metadata: ["reason": "\(warning)"]) }
    adoptOrphans(logger)
    guard let identity = await identity(loader, every: configuration.nats.reconnectWait, logger) else {
      return 0
    }
    logger.info(
      "agent identity resolved",
      metadata: ["agent_uuid": "\(identity)", "version": "\(AgentVersion.current)"])
    let agent = try Agent(
      identity: identity, machineID: loaded.drive.map(\.virtualMachineID).flatMap { $0.isEmpty ? nil : $0 },
      configuration: configuration, loader: loader, level: level, output: output,
      environment: environment, logger: logger)
    return await run(agent, logger)
  }

  private func run(_ agent: Agent, _ logger: Logger) async -> Int32 {
    // The group's own lines are of no use to an operator.
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

  /// Programs that leave children behind must not leave zombies, and a cancelled program no survivors.
  private func adoptOrphans(_ logger: Logger) {
    do {
      try ChildSubreaper.enable()
    } catch {
      logger.warning("orphans of programs go to init", metadata: ["reason": "\(error)"])
    }
  }

  /// The identity as soon as there is one: a config drive may come later than the agent.
  private func identity(_ loader: ConfigurationLoader, every pause: Duration, _ logger: Logger) async
    -> AgentUUID?
  {
    var isWaiting = false
    while !Task.isCancelled {
      let reading = loader.reloadIdentity()
      for warning in reading.warnings { logger.warning("configuration", metadata: ["reason": "\(warning)"]) }
      if let identity = AgentUUID(reading.identity.agentUUID) { return identity }
      if !isWaiting {
        logger.warning("no identity, waiting for one", metadata: ["key": "nats.agent_uuid"])
        isWaiting = true
      }
      do { try await Task.sleep(for: max(pause, .seconds(1))) } catch { return nil }
    }
    return nil
  }
}
