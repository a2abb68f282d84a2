import AgentProtocol
import HostControl
import JSON
import Logging
import NATS
import ServiceLifecycle
import UnixSignals

extension Agent {
  /// Does what is due at each change of the connection.
  func follow(_ events: NATSEvents) async {
    var failures = RepeatedWarning()
    var refusals = RepeatedWarning()
    for await event in events {
      switch event {
      case .connected(let connection, let server, let info):
        uplink.connected(connection, url: "\(server)", maximumPayload: info.maxPayload)
        failures.reset()
        refusals.reset()
        logger.info("connected to NATS", metadata: ["url": "\(server)", "server_version": "\(info.version)"])
        notifier.status("connected to \(server)")
        announcer.announce()
        heartbeat.publish(isFirst: true)
        telemetry.connected()
      case .disconnected(let error):
        uplink.disconnected()
        notifier.status("not connected")
        logger.warning("disconnected from NATS", metadata: ["reason": "\(error?.description ?? "closed")"])
      case .connectFailed(let server, let error, let pause):
        guard failures.isDue("\(server) \(error.code)") else { continue }
        logger.warning(
          "connection to NATS failed",
          metadata: [
            "url": "\(server)", "reason": "\(error)",
            "next_attempt_ms": .stringConvertible(pause.wholeMilliseconds),
          ])
      case .permissionsViolation(let error):
        // Whoever answers to an inbox tells of that himself.
        guard subjects.all.contains(error.subject ?? ""), refusals.isDue(error.message) else { continue }
        logger.error("permission missing on the server", metadata: ["reason": "\(error)"])
      case .lameDuck:
        logger.info("the server is about to stop, moving to another one")
      case .slowConsumer(let subject, let dropped):
        logger.error(
          "commands dropped, too many at once",
          metadata: ["subject": "\(subject)", "dropped": .stringConvertible(dropped)])
      case .serverError(let message):
        logger.warning("error from the server", metadata: ["reason": "\(message)"])
      case .serversDiscovered(let servers):
        logger.debug("servers discovered", metadata: ["count": .stringConvertible(servers.count)])
      case .closed:
        uplink.close()
      }
    }
  }

  /// On a graceful shutdown: takes no more commands, and gives those that were accepted time to end.
  func stopAcceptingOnShutdown(_ subscription: NATSSubscription) async {
    do {
      try await gracefulShutdown()
      notifier.stopping()
      logger.info("stopping", metadata: ["commands": .stringConvertible(ledger.count)])
      await stopReceiving(subscription)
      // What has a life of its own need not be waited for.
      let catalogue = self.catalogue
      ledger.interrupt { catalogue[$0]?.pace == .beside }
      try await Task.sleep(for: Self.drainTime)
      logger.warning(
        "out of time, ending what still runs", metadata: ["commands": .stringConvertible(ledger.count)])
      ledger.interrupt()
      try await Task.sleep(for: Self.farewellTime)
      uplink.close()
      client.close()
    } catch {
      // The agent ended before the time was up.
    }
  }

  /// What the server has sent already is still taken.
  private func stopReceiving(_ subscription: NATSSubscription) async {
    do {
      try await subscription.drain(timeout: Self.farewellTime)
    } catch {
      logger.debug("subscription ended before it was drained", metadata: ["reason": "\(error)"])
    }
  }

  /// All that was accepted is answered: nothing is left to do.
  func leave() async {
    do {
      try await client.drain(timeout: Self.farewellTime)
    } catch {
      logger.debug("connection closed before it was drained", metadata: ["reason": "\(error)"])
      client.close()
    }
  }

  /// Writes what a slow reader of standard output has made room for, now and then.
  func drainLog() async {
    while !Task.isCancelled {
      do { try await Task.sleep(for: .seconds(30), tolerance: .seconds(5)) } catch { return }
      output.flush(timeout: .zero)
    }
  }

  /// Reads the configuration again at each SIGHUP.
  func reloadOnHangup() async {
    for await _ in hangups {
      notifier.reloading()
      reload()
      notifier.ready()
    }
  }

  private func reload() {
    let loaded: LoadedConfiguration
    do throws(ConfigurationError) {
      loaded = try loader.load()
    } catch {
      logger.error("configuration refused, the old settings stay", metadata: ["reason": "\(error)"])
      return
    }
    for warning in loaded.warnings {
      logger.warning("configuration", metadata: ["reason": "\(warning)"])
    }
    for key in configuration.keysNeedingRestart(toBecome: loaded.configuration) {
      logger.warning("the new value counts after a restart", metadata: ["key": "\(key)"])
    }
    output.reopenFile()
    let settings = loaded.configuration.agent
    let policy = CommandPolicy(settings)
    level.level = loaded.configuration.log.level
    dispatcher.settings = .init(policy: policy, timeout: settings.commandTimeout)
    if heartbeat.interval != settings.heartbeatInterval { heartbeat.interval = settings.heartbeatInterval }
    if telemetry.interval != settings.telemetryInterval { telemetry.interval = settings.telemetryInterval }
    watch.settings = loaded.configuration.alerts
    autoheal.configure(loaded.configuration.autoheal, isTelling: loaded.configuration.alerts.isEnabled)
    apply(policy)
    logger.info("configuration reloaded")
    announcer.announce()
  }

  /// Announces what a policy allows.
  func apply(_ policy: CommandPolicy) {
    announcer.capabilities.operations = catalogue.entries(under: policy)
    announcer.capabilities.execCommands = policy.allows("exec") ? policy.executables.paths : nil
  }
}
