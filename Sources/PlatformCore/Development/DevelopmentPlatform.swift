import Glibc
import Locks
public import Logging
import NATS
import PlatformAPI

/// A platform for a developer's machine, with a nats-server of its own on the loopback. Creates everything at the
/// first run.
public struct DevelopmentPlatform: Sendable {
  /// The options of a development platform.
  public struct Options: Sendable {
    /// The port of NATS; nil: that of the last run, else 4222 or a free one; 0: a free one.
    public var port: Int?
    /// The port of NATS over WebSocket; nil: that of the last run, else 9222 or a free one; 0: a free one.
    public var webSocketPort: Int?
    /// The address of the metrics.
    public var metrics = Metrics.usual
    /// The context of `plsctl` to write; nil: `dev`, or another name when `dev` is the context of a platform
    /// elsewhere.
    public var contextName: String?

    /// Creates the defaults.
    public init() {}
  }

  /// The address of the metrics.
  public enum Metrics: Sendable, Hashable {
    /// Port 9464 of the loopback, or a free one when that is in use.
    case usual
    /// No metrics.
    case off
    /// This address; port 0 takes a free one. No metrics when it is in use.
    case at(ListenAddress)

    /// The address to listen on; nil: none.
    fileprivate var address: ListenAddress? {
      switch self {
      case .usual: ListenAddress(host: "127.0.0.1", port: FreePort.choose(9464))
      case .off: nil
      case .at(let address): address
      }
    }
  }

  /// The addresses and files of a platform that has started.
  public struct Introduction: Sendable {
    /// The time that the start took.
    public var duration: Duration
    /// The URL of NATS.
    public var url: String
    /// The URL of NATS over WebSocket.
    public var webSocketURL: String
    /// The address of the metrics.
    public var metrics: ListenAddress?
    /// The requested address of the metrics, when it is in use by another process.
    public var missedMetrics: ListenAddress?
    /// The folder of the state.
    public var folder: String
    /// The file of the contexts of `plsctl`.
    public var contextsFile: String
    /// The context of this platform.
    public var contextName: String
    /// An `agent.yaml` to paste.
    public var agentFile: String
    /// The path of that file.
    public var agentFilePath: String
  }

  private let folder: DevelopmentFolder
  private let child: ServerChild
  private let platform: Platform
  private let ports: DevelopmentFolder.Ports
  private let contexts: ContextsFile
  private let metrics: ListenAddress?
  private let contextName: String
  private let started = ContinuousClock.now

  /// Creates the keys and files. Starts nothing yet.
  ///
  /// - Throws: ``FileError``, ``PlatformConfigurationError``.
  public init(
    folder: DevelopmentFolder, options: Options, environment: [String: String], logger: Logger
  ) throws {
    let program = try ServerProgram.find(environment: environment)
    guard let contexts = ContextsFile(environment: environment) else {
      throw FileError("contexts.yaml", "has no folder: set HOME or PLSCTL_CONFIG")
    }
    self.folder = folder
    self.contexts = contexts
    var options = options
    // A chosen port is printed and saved; 0 would choose another one at each start.
    if options.port == 0 { options.port = FreePort.choose(0) }
    if options.webSocketPort == 0 { options.webSocketPort = FreePort.choose(0) }
    metrics = options.metrics.address
    let saved = folder.savedPorts()
    ports = DevelopmentFolder.Ports(
      client: options.port ?? saved?.client ?? FreePort.choose(4222),
      webSocket: options.webSocketPort ?? saved?.webSocket ?? FreePort.choose(9222))
    try folder.save(ports)
    contextName = try options.contextName ?? Self.contextName(in: contexts, port: ports.client)
    var server = ServerConfiguration(
      name: "plusclouds-dev", listen: ListenAddress(host: "127.0.0.1", port: ports.client),
      webSocket: ListenAddress(host: "127.0.0.1", port: ports.webSocket),
      storeFolder: folder.path + "/jetstream", keys: try folder.keys())
    server.logFile = folder.path + "/nats-server.log"
    let file = folder.path + "/nats-server.conf"
    try PrivateFile.write(server.text, to: file, replaces: true)
    child = ServerChild(
      program: program, configurationFile: file, outputFile: folder.path + "/nats-server.out", logger: logger)
    platform = try Platform(
      configuration: try Self.configuration(folder, port: ports.client, metrics), needsMetrics: false,
      logger: logger)
  }

  private static func configuration(
    _ folder: DevelopmentFolder, port: Int, _ metrics: ListenAddress?
  ) throws -> PlatformConfiguration {
    let keys = folder.keysFolder
    var configuration = PlatformConfiguration(
      nats: PlatformConfiguration.Connection(
        servers: try NATSServerAddress.list("nats://127.0.0.1:\(port)"), seedFile: keys + "/platform.nk",
        systemSeedFile: keys + "/system.nk"),
      callout: PlatformConfiguration.Callout(
        issuerSeedFile: keys + "/issuer.nk", xkeySeedFile: keys + "/xkey.nk"),
      source: folder.path)
    configuration.metrics = metrics
    return configuration
  }

  /// Returns `dev`, unless that is the context of another platform that runs on this machine.
  private static func contextName(in contexts: ContextsFile, port: Int) throws -> String {
    let usual = "dev"
    guard let url = try contexts.url(of: usual),
      let other = url.split(separator: ":").last.flatMap({ Int($0) }),
      url.hasPrefix("nats://127.0.0.1:"), other != port, !FreePort.isFree(other)
    else { return usual }
    return "\(usual)-\(port)"
  }

  /// Requests the end of ``run(introduce:)``.
  public func stop() { platform.stop() }

  /// Runs server and platform until ``stop()``.
  ///
  /// - Parameter introduce: Called once the platform answers.
  public func run(introduce: @escaping @Sendable (Introduction) -> Void) async throws {
    try checkContext()
    try checkPorts()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        // Also when the server fails to start.
        defer { platform.stop() }
        try await child.run()
      }
      try await platform.run { registry in introduce(try await introduction(registry)) }
      group.cancelAll()
      try await group.waitForAll()
    }
  }

  /// Checks that the ports are free, for 2 s: a server that ended with its parent may hold its port for a moment.
  private func checkPorts() throws {
    for (port, option) in [(ports.client, "--port"), (ports.webSocket, "--websocket-port")] {
      var attempts = 0
      while !FreePort.isFree(port) {
        attempts += 1
        guard attempts < 20 else {
          throw FileError("127.0.0.1:\(port)", "is in use by another program: end it, or use \(option)")
        }
        usleep(100_000)
      }
    }
  }

  /// Checks that the context is not that of another platform: it is written at each start.
  private func checkContext() throws {
    guard let url = try contexts.url(of: contextName), !url.hasPrefix("nats://127.0.0.1:") else {
      return
    }
    throw FileError(
      contexts.path,
      "has a context \(contextName) of another platform (\(SafeText.line(url))): choose another name with --context"
    )
  }

  private func introduction(_ registry: Registry) async throws -> Introduction {
    let url = "nats://127.0.0.1:\(ports.client)"
    try await ensureContext(registry, url)
    let agentFile = AgentFile(path: folder.path + "/agent.yaml")
    let text = try await agentFile.ensure(
      url: url, stateFolder: folder.path + "/agent", registry: registry)
    let bound = platform.metricsAddress.withLock { $0 }
    return Introduction(
      duration: started.duration(to: .now), url: url, webSocketURL: "ws://127.0.0.1:\(ports.webSocket)",
      metrics: bound, missedMetrics: bound == nil ? metrics : nil, folder: folder.path,
      contextsFile: contexts.path, contextName: contextName, agentFile: text, agentFilePath: agentFile.path)
  }

  /// Writes the context. Keeps its token while that is valid for the admin.
  private func ensureContext(_ registry: Registry, _ url: String) async throws {
    let admin = "admin"
    var token = try contexts.token(of: contextName)
    if let known = token, registry.operatorRecord(admin)?.token.matches(known) != true { token = nil }
    let valid: String
    if let token {
      valid = token
    } else {
      valid = try await registry.addOperator(admin, role: .admin, by: "platform").token
    }
    try contexts.write(
      ContextsFile.Context(url: url, operatorName: admin, token: valid), named: contextName)
  }
}
