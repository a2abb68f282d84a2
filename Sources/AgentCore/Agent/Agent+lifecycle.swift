import AgentProtocol
import Clocks
import Encoding
import HostControl
import JSON
import Logging
import NATS
import ServiceLifecycle
import StructuredLogging
import Threads
import UnixSignals

extension Agent {
  /// Handles the events of the NATS client until the stream ends.
  func handle(_ events: NATSEvents) async {
    var failures = LogRateLimiter()
    var refusals = LogRateLimiter()
    // Stays set across reconnects until the server accepts the subscription.
    var isSubscriptionRefused = false
    for await event in events {
      switch event {
      case .connected(let connection, let server, let info):
        uplink.connected(connection, url: "\(server)", maximumPayload: info.maxPayload)
        failures.reset()
        refusals.reset()
        logger.info("connected to NATS", metadata: ["url": "\(server)", "server_version": "\(info.version)"])
        notifier.status(connectionStatus)
        announcer.announce()
        heartbeat.publish(isFirst: true)
        telemetry.connected()
      case .disconnected(let error):
        uplink.disconnected()
        notifier.status("not connected")
        logger.warning("disconnected from NATS", metadata: ["reason": "\(error?.description ?? "closed")"])
      case .connectFailed(let server, let error, let pause):
        guard failures.shouldLog("\(server) \(error.code)") else { continue }
        logger.warning(
          "connection to NATS failed",
          metadata: [
            "url": "\(server)", "reason": "\(error)",
            "next_attempt_ms": .stringConvertible(pause.wholeMilliseconds),
          ])
      case .permissionsViolation(let error):
        // ResultDelivery logs a violation on a reply inbox.
        guard let subject = error.subject, subjects.all.containsExactly(subject) else { continue }
        if refusals.shouldLog(error.message) {
          logger.error("permission missing on the server", metadata: ["reason": "\(error)"])
        }
        guard subject.hasSameBytes(as: subjects.commands), !isSubscriptionRefused else { continue }
        isSubscriptionRefused = true
        notifier.status(connectionStatus)
        outbox.raise(.commandsRefused(subjects.commands))
      case .subscriptionRestored(let subject):
        guard subject.hasSameBytes(as: subjects.commands) else { continue }
        refusals.reset()
        isSubscriptionRefused = false
        logger.info("the server accepts the subscription again", metadata: ["subject": "\(subject)"])
        notifier.status(connectionStatus)
        outbox.raise(.commandsReceived(subject))
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

  /// The status line of the systemd unit while connected.
  private var connectionStatus: String {
    let server = uplink.serverURL ?? "the server"
    guard !client.refusedSubjects.isEmpty else { return "connected to \(server)" }
    return "connected to \(server), which refuses the subscription to commands: none arrives"
  }

  /// Waits for a graceful shutdown, then drains the agent.
  ///
  /// Accepted commands have ``drainTimeout`` to end. Meanwhile queries are answered, and commands with effects are rejected as
  /// `busy`, so that the platform can send them again.
  func stopAcceptingOnShutdown(_ subscription: NATSSubscription) async {
    do {
      try await gracefulShutdown()
      notifier.stopping()
      logger.info("stopping", metadata: ["commands": .stringConvertible(scheduler.count)])
      dispatcher.refuseEffects(because: "the agent is stopping: send it again when it is back")
      // An update runs in a unit of its own, and the next agent resumes it.
      let catalogue = self.catalogue
      scheduler.interrupt { catalogue[$0]?.executionMode == .exclusive }
      let end = ContinuousClock.now + Self.drainTimeout
      await waitUntilIdle(until: end)
      try Task.checkCancellation()
      if scheduler.count > 0 {
        logger.warning(
          "drain timeout passed, stopping the running commands",
          metadata: ["commands": .stringConvertible(scheduler.count)])
        scheduler.interrupt()
        await waitUntilIdle(until: .now + Self.flushTimeout)
      }
      await stopReceiving(subscription)
      // Leaves time for the results in flight.
      try await Task.sleep(until: max(end, .now) + Self.flushTimeout, clock: .continuous)
      uplink.close()
      client.close()
    } catch {
      // Cancelled: the agent ended before the timeout.
    }
  }

  private func waitUntilIdle(until end: ContinuousClock.Instant) async {
    let scheduler = self.scheduler
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await scheduler.waitUntilIdle() }
      group.addTask { _ = await Deadlines.shared.wait(until: end) }
      await group.next()
      group.cancelAll()
    }
  }

  /// Unsubscribes after the messages that the server has already sent.
  private func stopReceiving(_ subscription: NATSSubscription) async {
    do {
      try await subscription.drain(timeout: Self.flushTimeout)
    } catch {
      logger.debug("subscription ended before it was drained", metadata: ["reason": "\(error)"])
    }
  }

  /// Closes the connection after all pending messages.
  func drainConnection() async {
    do {
      try await client.drain(timeout: Self.flushTimeout)
    } catch {
      logger.debug("connection closed before it was drained", metadata: ["reason": "\(error)"])
      client.close()
    }
  }

  /// Flushes pending log lines every 30 seconds, for a slow reader of standard output.
  func flushLog() async {
    while !Task.isCancelled {
      do { try await Task.sleep(for: .seconds(30), tolerance: .seconds(5)) } catch { return }
      output.flush(timeout: .zero)
    }
  }

  /// Reloads the configuration on each SIGHUP.
  func reloadOnHangup() async {
    var last = ReloadReport.Entry(number: 0, isAccepted: true)
    writeReport(last)
    for await _ in hangups {
      notifier.reloading()
      last.isAccepted = reload()
      last.number += 1
      writeReport(last)
      notifier.ready()
      await client.retryRefusedSubscriptions()
    }
  }

  /// Writes the outcome of a reload for the program that requested it.
  private func writeReport(_ entry: ReloadReport.Entry) {
    do throws(FileError) {
      try reloads.write(entry)
    } catch {
      logger.warning("reload not reported to systemctl", metadata: ["reason": "\(error)"])
    }
  }

  /// - Returns: Whether the configuration was accepted.
  private func reload() -> Bool {
    let loaded: LoadedConfiguration
    do throws(ConfigurationError) {
      loaded = try loader.load()
    } catch {
      logger.error("configuration refused, the old settings stay", metadata: ["reason": "\(error)"])
      return false
    }
    for warning in loaded.warnings {
      logger.warning("configuration", metadata: ["reason": "\(warning)"])
    }
    for key in configuration.keysNeedingRestart(toBecome: loaded.configuration) {
      logger.warning("the new value takes effect after a restart", metadata: ["key": "\(key)"])
    }
    output.reopenFile()
    let settings = loaded.configuration.agent
    let policy = CommandPolicy(settings)
    level.level = loaded.configuration.log.level
    dispatcher.settings = .init(policy: policy, timeout: settings.commandTimeout)
    if heartbeat.interval != settings.heartbeatInterval { heartbeat.interval = settings.heartbeatInterval }
    if telemetry.interval != settings.telemetryInterval { telemetry.interval = settings.telemetryInterval }
    watch.settings = loaded.configuration.alerts
    autoheal.configure(loaded.configuration.autoheal, raisesAlerts: loaded.configuration.alerts.isEnabled)
    apply(policy)
    logger.info("configuration reloaded")
    announcer.announce()
    return true
  }

  /// Passes the operations that a policy allows to the announcer.
  func apply(_ policy: CommandPolicy) {
    announcer.allow(
      catalogue.entries(under: policy), execCommands: policy.allows("exec") ? policy.executables.paths : nil)
  }
}
