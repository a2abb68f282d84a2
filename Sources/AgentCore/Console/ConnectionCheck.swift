import AgentProtocol
import Encoding
import Logging
import NATS
import NIOCore
import NIOPosix

/// Validates the configuration and tests the connection as the agent would, without announcing itself and without running
/// commands.
public struct ConnectionCheck: Sendable {
  /// `EX_UNAVAILABLE` of sysexits.h: no server can be reached.
  public static let unavailable: Int32 = 69
  /// `EX_NOPERM` of sysexits.h: the server rejects this identity.
  public static let notPermitted: Int32 = 77

  private let configurationPath: String?
  private let connects: Bool
  private let listsSettings: Bool

  /// Creates a check that prints its findings.
  ///
  /// - Parameters:
  ///   - configurationPath: The file to read; nil = the default search paths.
  ///   - connects: Whether to test the connection as well.
  ///   - listsSettings: Whether to print every key with its effective value.
  public init(configurationPath: String?, connects: Bool, listsSettings: Bool) {
    self.configurationPath = configurationPath
    self.connects = connects
    self.listsSettings = listsSettings
  }

  /// Runs the check.
  ///
  /// - Returns: The exit status.
  public func run() async -> Int32 {
    NIOSingletons.groupLoopCountSuggestion = 1
    let environment = ProcessEnvironment.current()
    let loader = ConfigurationLoader(explicitPath: configurationPath, environment: environment)
    do {
      let loaded = try loader.load()
      describe(loaded)
      guard let identity = AgentUUID(loaded.configuration.nats.agentUUID) else {
        Terminal.print("error: no identity, set nats.agent_uuid")
        return AgentProgram.configurationError
      }
      let configuration = try NATSClientConfiguration.agent(
        identity, loaded.configuration, environment: environment, loader: loader)
      describeProxy(configuration)
      guard connects else { return 0 }
      return await connect(configuration, AgentSubjects(identity))
    } catch {
      Terminal.print("error: \(error)")
      return AgentProgram.configurationError
    }
  }

  private func describe(_ loaded: LoadedConfiguration) {
    let configuration = loaded.configuration
    Terminal.print("configuration: \(configuration.source ?? "none found, defaults")")
    for warning in loaded.warnings { Terminal.print("warning: \(warning)") }
    Terminal.print("identity: \(configuration.nats.agentUUID) (\(loaded.agentUUIDOrigin.rawValue))")
    let key = configuration.nats.apiKey.isEmpty ? "not set" : "set (\(loaded.apiKeyOrigin.rawValue))"
    Terminal.print("api key: \(key)")
    Terminal.print("server: \(configuration.nats.redactedURL)")
    if let proxy = configuration.nats.redactedProxy { Terminal.print("proxy: \(proxy)") }
    Terminal.print("allowed operations: \(configuration.agent.allowedOperations.joined(separator: ", "))")
    let others = AgentSettings.knownOperations.filter {
      !configuration.agent.allowedOperations.containsExactly($0)
    }
    Terminal.print("operations not allowed: \(others.joined(separator: ", "))")
    Terminal.print(
      "allowed commands: \(configuration.agent.allowedCommands.map(\.path).joined(separator: ", "))")
    guard listsSettings else { return }
    Terminal.print("settings:")
    for line in configuration.settingLines { Terminal.print("  " + line) }
  }

  /// Prints the proxy that the environment sets for each server.
  private func describeProxy(_ configuration: NATSClientConfiguration) {
    let environment = configuration.proxyEnvironment
    if let warning = NATSProxy.exemptionWarning(for: environment) { Terminal.print("warning: \(warning)") }
    for server in configuration.servers {
      do throws(NATSError) {
        guard let proxy = try NATSProxy.fromEnvironment(for: server, environment: environment) else {
          continue
        }
        Terminal.print("proxy: \(proxy) for \(server) (HTTPS_PROXY)")
      } catch {
        // Invalid proxies were rejected when the client was configured.
        continue
      }
    }
  }

  private func connect(_ configuration: NATSClientConfiguration, _ subjects: AgentSubjects) async -> Int32 {
    var configuration = configuration
    configuration.retryOnFailedInitialConnect = false
    let client = NATSClient(
      configuration: configuration, logger: Logger(label: "check") { _ in SwiftLogNoOpLogHandler() })
    let events = client.events
    return await withTaskGroup(of: Void.self) { group in
      defer { client.close() }
      group.addTask {
        // Errors are reported as events, one for each server.
        do { try await client.run() } catch { return }
      }
      var status = Self.unavailable
      for await event in events {
        switch event {
        case .connected(_, let server, let info):
          Terminal.print(
            "connected: \(server), nats-server \(info.version), messages up to \(info.maxPayload) bytes")
          return await checkPermission(client, subjects)
        case .connectFailed(let server, let error, _):
          Terminal.print("error: \(server): \(error)")
          if error.code == .authorizationViolation { status = Self.notPermitted }
        case .disconnected, .serversDiscovered, .lameDuck, .permissionsViolation, .subscriptionRestored,
          .slowConsumer, .serverError, .closed:
          continue
        }
      }
      return status
    }
  }

  /// Tests the permission to subscribe. Publishing is not tested: a message to the events subject would mark the agent as online.
  private func checkPermission(_ client: NATSClient, _ subjects: AgentSubjects) async -> Int32 {
    let events = client.events
    do {
      _ = try client.subscribe(to: subjects.commands)
      try await client.flush(timeout: .seconds(5))
    } catch {
      Terminal.print("error: \(error)")
      return Self.unavailable
    }
    client.close()
    for await event in events {
      if case .permissionsViolation(let error) = event {
        Terminal.print("error: \(error)")
        return Self.notPermitted
      }
    }
    Terminal.print("permission to receive commands: yes")
    return 0
  }
}
