import PlatformAPI

extension StorageSettings {
  init(_ configuration: PlatformConfiguration) {
    self.init()
    let streams = configuration.streams
    replicas = streams.replicas
    telemetry = Limits(streams.telemetry)
    events = Limits(streams.events)
    commands = Limits(streams.commands)
    commandsKept = configuration.commandsKept
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
    version = PlatformVersion.current
  }
}
