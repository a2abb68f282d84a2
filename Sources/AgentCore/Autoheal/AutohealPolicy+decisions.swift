import AgentProtocol
import HostControl

extension AutohealPolicy {
  /// What a failed service is has been looked up: after it failed, or because its restart is due.
  mutating func handle(
    _ unit: String, inspected result: Result<ServiceTraits, SystemdError>, _ now: ContinuousClock.Instant
  ) {
    guard let watch = watches[unit], watch.phase == .inspecting || watch.phase == .checking else { return }
    let isDue = watch.phase == .checking
    switch result {
    case .success(let traits):
      // After a restart that came to nothing it is inactive, as its failure was forgotten for that.
      let isAtRest = isDue && watch.state == .inactive && traits.activeState == "inactive"
      guard traits.activeState == "failed" || isAtRest else {
        // The event that says so is on its way.
        update(unit) { watch in
          if isDue { watch.clearHistory() }
          watch.phase = watch.isReported ? .recovering(until: nil) : .quiet
        }
        return
      }
      let objection = rules.objection(to: unit, traits, isStopped: watch.isBeingStopped)
      if let objection {
        skipRestart(unit, cause: isAtRest ? nil : traits.result, reason: objection, now)
      } else if isDue {
        restart(unit, now)
      } else {
        plan(unit, cause: traits.result, now)
      }
    case .failure(let error) where error.code == .unitNotFound:
      watches[unit] = nil
    case .failure(let error):
      skipRestart(unit, cause: nil, reason: "what it is could not be looked up (\(error))", now)
    }
  }

  private mutating func restart(_ unit: String, _ now: ContinuousClock.Instant) {
    update(unit) { watch in
      watch.phase = .starting
      watch.hasRun = false
      watch.isBeingStopped = false
      watch.restarts.append(now)
      watch.streak += 1
    }
    actions.append(.restart(unit))
  }

  /// A restart by the agent is over. Events of it may come later than this.
  mutating func handle(
    _ unit: String, restarted result: Result<String, SystemdError>, _ now: ContinuousClock.Instant
  ) {
    guard watches[unit]?.phase == .starting else { return }
    let outcome: UnitWatch.RestartOutcome
    switch result {
    case .success(let result): outcome = .ended(result)
    case .failure(let error) where error.code == .unitNotFound:
      watches[unit] = nil
      actions.append(.log("restart given up, the unit is gone", unit: unit))
      return
    case .failure(let error) where error.code == .refused: outcome = .refused("\(error)")
    case .failure(let error): outcome = .ended("\(error)")
    }
    update(unit) { $0.phase = .concluding(outcome, until: now + Self.settleTime) }
  }

  /// Decides what became of a restart.
  mutating func conclude(
    _ unit: String, _ outcome: UnitWatch.RestartOutcome, _ now: ContinuousClock.Instant
  ) {
    guard let watch = watches[unit] else { return }
    if outcome == .ended("canceled") || watch.isBeingStopped {
      actions.append(.log("restart called off, the unit was stopped", unit: unit))
      update(unit) { watch in
        watch.phase =
          watch.state == .failed
          ? .down(reason: "it was stopped", reportAt: nil) : .recovering(until: watch.recoveryDeadline(now))
      }
      return
    }
    switch outcome {
    case .refused(let reason):
      if watch.state == .failed || watch.state == .inactive {
        // It would be refused the next time as well.
        skipRestart(unit, cause: nil, reason: reason, now)
      } else {
        update(unit) { $0.phase = .recovering(until: $0.recoveryDeadline(now)) }
      }
    case .ended where watch.state == .failed, .unfinished where watch.state == .failed:
      update(unit) { $0.phase = .inspecting }
      actions.append(.inspect(unit))
    case .ended("done"):
      actions.append(.log("unit restarted", unit: unit))
      update(unit) { $0.phase = .recovering(until: $0.recoveryDeadline(now)) }
    case .unfinished:
      actions.append(.log("its start takes long, others come first", unit: unit))
      update(unit) { $0.phase = .recovering(until: $0.recoveryDeadline(now)) }
    case .ended(let result):
      plan(unit, cause: result, now)
    }
  }

  /// A service has failed and may be restarted: says when, or gives it up.
  private mutating func plan(_ unit: String, cause: String, _ now: ContinuousClock.Instant) {
    guard var watch = watches[unit] else { return }
    watch.forgetOld(now)
    let maximum = settings.maxRestarts
    guard watch.restarts.count < maximum else {
      watch.phase = .down(reason: "it failed too often", reportAt: nil)
      watch.isReported = true
      actions.append(.raise(ServiceAlerts.givenUp(unit, cause: cause, restarts: watch.restarts.count)))
      watches[unit] = watch
      return
    }
    let delay = delay(after: watch.streak)
    watch.phase = .waiting(until: max(now, (watch.failedAt ?? now) + delay))
    let alert = ServiceAlerts.failed(
      unit, cause: cause, restartIn: delay, attempt: watch.restarts.count + 1, of: maximum)
    // Somebody who starts it again and again does not fill the platform's list.
    if watch.reportedAt.count <= maximum {
      watch.isReported = true
      watch.reportedAt.append(now)
      actions.append(.raise(alert))
    } else {
      actions.append(.log(alert.message, unit: unit))
    }
    watches[unit] = watch
  }

  /// The pause before the next restart: the configured one, doubled with each restart, at most five minutes unless the
  /// configured one is longer.
  func delay(after restarts: Int) -> Duration {
    guard restarts > 0 else { return settings.restartDelay }
    let base = max(settings.restartDelay, .seconds(1))
    return min(base * (1 << min(restarts, 16)), max(Self.longestDelay, settings.restartDelay))
  }

  /// A service has failed and is left alone: tells it, but the same not more often than each ten minutes.
  mutating func skipRestart(_ unit: String, cause: String?, reason: String, _ now: ContinuousClock.Instant) {
    guard var watch = watches[unit] else { return }
    watch.forgetOld(now)
    if let last = watch.lastReason, last.text == reason, now - last.reportedAt < Self.window {
      watch.phase = .down(reason: reason, reportAt: watch.isReported ? nil : last.reportedAt + Self.window)
    } else {
      watch.phase = .down(reason: reason, reportAt: nil)
      watch.isReported = true
      watch.reportedAt.append(now)
      watch.lastReason = (reason, now)
      actions.append(.raise(ServiceAlerts.failed(unit, cause: cause, notRestarted: reason)))
    }
    watches[unit] = watch
  }

  /// A service has been well for long enough to say so, or is at rest.
  mutating func recover(_ unit: String, _ now: ContinuousClock.Instant) {
    guard var watch = watches[unit] else { return }
    watch.forgetOld(now)
    let isRunning = watch.state?.isRunning ?? false
    guard watch.jobs.isEmpty || isRunning else {
      // Between two steps of a start.
      watch.phase = .recovering(until: now + Self.settleTime)
      watches[unit] = watch
      return
    }
    // Somebody only forgot the failure (systemctl reset-failed): nothing has become better.
    if watch.isReported, isRunning || watch.hasRun {
      actions.append(
        .raise(ServiceAlerts.recovered(unit, isRunning: isRunning, restarts: watch.restarts.count)))
    }
    watch.isReported = false
    watch.phase = .watching(until: now + Self.window)
    watches[unit] = watch
  }

  /// Nothing happened for a while: there is nothing left to remember, unless the service is in the middle of something.
  mutating func forget(_ unit: String, _ now: ContinuousClock.Instant) {
    guard var watch = watches[unit] else { return }
    let isNew = watch.activeSince.map { now - $0 < Self.window } ?? false
    let isSilent = watch.lastEventAt.map { now - $0 >= Self.longestRecovery } ?? true
    let isSettled = (watch.state == .active || watch.state == .inactive) && watch.jobs.isEmpty && !isNew
    guard isSettled || isSilent else {
      watch.phase = .watching(until: now + .seconds(60))
      watches[unit] = watch
      return
    }
    watches[unit] = nil
  }
}
