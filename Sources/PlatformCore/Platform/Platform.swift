import Locks
public import Logging
import NATS

/// One instance of the platform: its two connections, and everything that works over them.
public final class Platform: Sendable {
  /// What it was made with.
  public let configuration: PlatformConfiguration
  /// What it counts.
  public let counters = PlatformCounters()
  /// Its name, unlike that of any other instance.
  public let instance: String

  /// Where `/metrics` is busy: whether that ends the platform, or is told and put up with.
  let needsMetrics: Bool
  let keys: LoadedKeys
  let fleetClient: NATSClient
  let systemClient: NATSClient
  let logger: Logger
  let health: InstanceHealth
  /// In unix seconds.
  let startedAt = Registry.unixTime
  /// Where `/metrics` is; nil while it is nowhere.
  let metricsAddress = Locked<ListenAddress?>(nil)
  let stopping = Latch()
  let started = Latch()

  /// An instance that does nothing before ``run(whenReady:)``.
  ///
  /// - Parameter needsMetrics: whether an address for the metrics that is taken is an error.
  /// - Throws: ``PlatformConfigurationError`` when a key cannot be read.
  public init(
    configuration: PlatformConfiguration, needsMetrics: Bool = true, logger: Logger
  ) throws(PlatformConfigurationError) {
    keys = try LoadedKeys(configuration)
    self.configuration = configuration
    self.needsMetrics = needsMetrics
    self.logger = logger
    health = InstanceHealth(logger: logger)
    instance = InstanceName.make()
    fleetClient = NATSClient(
      configuration: .platform(
        configuration.nats, seed: configuration.nats.fleetSeed, name: "plusclouds-platform:\(instance)"),
      logger: logger)
    systemClient = NATSClient(
      configuration: .platform(
        configuration.nats, seed: configuration.nats.systemSeed,
        name: "plusclouds-platform:\(instance):system"),
      logger: logger)
    for warning in keys.warnings { logger.warning("configuration", metadata: ["reason": "\(warning)"]) }
    if let warning = configuration.nats.clearTextWarning {
      logger.warning("configuration", metadata: ["reason": "\(warning)"])
    }
  }

  /// Asks it to end: it answers what came, gives the lease back and closes its connections.
  public func stop() { stopping.set() }

  /// Returns once this instance answers, or has ended.
  public func ready() async { await started.wait() }
}
