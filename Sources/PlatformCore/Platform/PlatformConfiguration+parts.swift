import NATS
import NKeys
import PlatformAPI

extension StorageSettings {
  init(_ configuration: PlatformConfiguration) {
    self.init()
    let streams = configuration.streams
    replicas = streams.replicas
    telemetry = Limits(streams.telemetry)
    events = Limits(streams.events)
    commands = Limits(streams.commands)
    results = Limits(streams.results)
    audit = Limits(streams.audit)
    commandsKept = configuration.commandsKept
    let buckets = configuration.buckets
    bucketBytes = [
      PlatformStorage.agents: buckets.agents, PlatformStorage.enrollments: buckets.enrollments,
      PlatformStorage.operators: buckets.operators, PlatformStorage.fleet: buckets.fleet,
      PlatformStorage.commands: buckets.commands, PlatformStorage.results: buckets.results,
    ].compactMapValues { $0 }
  }
}

extension StorageSettings.Limits {
  fileprivate init(_ retention: PlatformConfiguration.Retention) {
    self.init(maxAge: retention.maxAge, maxBytes: retention.maxBytes)
  }
}

extension CalloutSettings {
  init(_ configuration: PlatformConfiguration, _ keys: LoadedKeys) {
    self.init(issuer: keys.issuer, xkey: keys.xkey, account: configuration.nats.account)
    tokenLifetime = configuration.callout.tokenLifetime
    replyTTL = configuration.callout.replyTTL
    guessesPerMinute = configuration.callout.guessesPerMinute
    clones = configuration.callout.clones == .refuse ? .refuse : .alert
  }
}

extension FleetService.Settings {
  init(_ configuration: PlatformConfiguration) {
    self.init()
    aliveWithin = configuration.aliveWithin
    commandsExpireIn = configuration.commandsExpireIn
    commandsKept = configuration.commandsKept
    eventsMaxBytes = configuration.streams.events.maxBytes
    eventsMaxAge = configuration.streams.events.maxAge
    version = PlatformVersion.current
  }
}

extension NATSClientConfiguration {
  /// The platform's connection as the user of a seed, which is read again for each connection.
  static func platform(
    _ connection: PlatformConfiguration.Connection, seed: SeedFile, name: String
  ) -> NATSClientConfiguration {
    var result = NATSClientConfiguration(servers: connection.servers, name: name, tls: connection.tls) {
      let (pair, _) = try seed.keyPair(.user)
      return .nkey(publicKey: pair.publicKey.description) { try pair.sign($0) }
    }
    // Agents that reconnect before the platform wait for it for a few seconds only.
    result.reconnect = NATSReconnectPolicy(initialDelay: .milliseconds(50), maxDelay: .milliseconds(250))
    result.ignoreDiscoveredServers = !connection.discover
    result.connectTimeout = .seconds(3)
    // A dead server is detected while agents still wait for their answers.
    result.pingInterval = .seconds(5)
    // Late answers are useless, and commands are sent again.
    result.pendingBufferSize = 1 << 20
    return result
  }
}
