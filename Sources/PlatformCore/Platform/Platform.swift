import Clocks
import Encoding
import Glibc
import Locks
public import Logging
import NATS

/// An instance of the platform: its two connections and the services that use them.
public final class Platform: Sendable {
  /// The configuration.
  public let configuration: PlatformConfiguration
  /// The counters.
  public let counters = PlatformCounters()
  /// The name of the instance, unique among all instances.
  public let instance: String

  /// Whether an unavailable address for `/metrics` ends the platform or is only logged.
  let needsMetrics: Bool
  let keys: LoadedKeys
  let fleetClient: NATSClient
  let systemClient: NATSClient
  let logger: Logger
  let health: InstanceHealth
  /// The time of the start, in unix seconds.
  let startedAt = WallClock.now
  /// The address of `/metrics`; nil while it is not served.
  let metricsAddress = Locked<ListenAddress?>(nil)
  let stopping = Latch()
  let started = Latch()

  /// Creates an instance, which does nothing before ``run(whenReady:)``.
  ///
  /// - Parameter needsMetrics: Whether an unavailable address for the metrics is an error.
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

  /// Stops the instance: it answers the accepted requests, gives the lease back and closes its connections.
  public func stop() { stopping.set() }

  /// Returns when this instance answers, or has ended.
  public func ready() async { await started.wait() }
}

/// The name of an instance: the host name and a random part, since several instances may run on one machine.
enum InstanceName {
  static func make() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    gethostname(&buffer, buffer.count - 1)
    let host = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let name = host.prefix(40).map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "-" }
    return String(name) + "-" + Hexadecimal.text(UInt32.random(in: .min ... .max))
  }
}
