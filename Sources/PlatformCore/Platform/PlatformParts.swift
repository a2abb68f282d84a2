import Clocks
import JetStream
import Logging
import NATS
import PlatformAPI

/// The services of an instance, created and connected to each other. None of them runs yet.
struct PlatformParts: Sendable {
  var audit: AuditLog
  var registry: Registry
  var servers: ServerControl
  var enforcer: RevocationEnforcer
  var callout: AuthCallout
  var fleet: FleetService
  var api: APIServer
  var clones: DuplicateIdentityRecorder
  var metrics: MetricsServer?

  /// Creates the streams and buckets as configured, and the services.
  static func prepare(_ platform: Platform) async throws -> PlatformParts {
    let configuration = platform.configuration
    let (client, logger, counters) = (platform.fleetClient, platform.logger, platform.counters)
    let jetStream = JetStream(client)
    let buckets = try await StreamProvisioner(
      jetStream, settings: StorageSettings(configuration), logger: logger
    ).provision()
    let warnings =
      await AuditProtection.warnings(fleet: client)
      + AuditProtection.warnings(system: platform.systemClient)
    for warning in warnings { logger.warning("audit record", metadata: ["reason": "\(warning)"]) }
    let audit = AuditLog(
      jetStream, maxBytes: configuration.streams.audit.maxBytes, counters: counters, health: platform.health,
      logger: logger)
    let registry = Registry(buckets: buckets.registry, audit: audit, logger: logger)
    let clones = DuplicateIdentityRecorder(registry: registry, logger: logger)
    let servers = ServerControl(
      client: platform.systemClient, health: platform.health, logger: logger)
    let callout = AuthCallout(
      client: client, directory: registry, audit: audit, servers: servers,
      settings: CalloutSettings(configuration, platform.keys), counters: counters, logger: logger,
      cloneSuspected: { clones.report($0, $1) })
    let fleet = FleetService(
      client: client, buckets: buckets, enrolled: registry, audit: audit,
      instance: platform.instance, settings: FleetService.Settings(configuration), counters: counters,
      clones: { clones.report($0, $1) }, health: platform.health, logger: logger)
    let mirror = fleet.fleet
    var handlers = registry.handlers(resolver: mirror) { record in
      mirror.view(of: record, mirror.state(record.uuid), at: WallClock.now)
    }
    handlers.merge(audit.handlers(resolver: mirror)) { $1 }
    handlers.merge(fleet.handlers()) { $1 }
    let removal = AgentRemoval(registry: registry, service: fleet, servers: servers, audit: audit)
    handlers.merge(removal.handlers) { $1 }
    let api = APIServer(
      client: client, directory: registry, handlers: handlers, counters: counters, health: platform.health,
      logger: logger)
    return PlatformParts(
      audit: audit, registry: registry, servers: servers,
      enforcer: RevocationEnforcer(
        directory: registry, servers: servers, account: configuration.nats.account, logger: logger),
      callout: callout,
      fleet: fleet, api: api, clones: clones,
      metrics: try await platform.metricsServer(fleet: fleet))
  }
}
