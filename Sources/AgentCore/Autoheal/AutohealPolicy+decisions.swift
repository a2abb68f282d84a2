import AgentProtocol
import HostControl

extension AutohealPolicy {
  /// Decides on a failed unit after its traits were looked up, either after the failure or before a restart.
  mutating func handle(
    _ unit: String, inspected result: Result<ServiceTraits, SystemdError>, _ now: ContinuousClock.Instant
  ) {
    guard let watch = watches[unit], watch.phase == .inspecting || watch.phase == .checking else { return }
    let isDue = watch.phase == .checking
    switch result {
    case .success(let traits):
      // An unsuccessful restart leaves it inactive, as its failure was reset before the start.
      let isAtRest = isDue && watch.state == .inactive && traits.activeState == "inactive"
      guard traits.activeState == "failed" || isAtRest else {
        // The event for that state follows.
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
      skipRestart(unit, cause: nil, reason: "its properties could not be read (\(error))", now)
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

  /// Handles the end of a restart. Its unit events may follow later.
  mutating func handle(
    _ unit: String, restarted result: Result<String, SystemdError>, _ now: ContinuousClock.Instant
  ) {
    guard watches[unit]?.phase == .starting else { return }
    let outcome: UnitWatch.RestartOutcome
    switch result {
    case .success(let result): outcome = .ended(result)
    case .failure(let error) where error.code == .unitNotFound:
      watches[unit] = nil
      actions.append(.log("restart cancelled, the unit no longer exists", unit: unit))
      return
    case .failure(let error) where error.code == .refused: outcome = .refused("\(error)")
    case .failure(let error): outcome = .ended("\(error)")
    }
    update(unit) { $0.phase = .concluding(outcome, until: now + Self.settleTime) }
  }

  /// Evaluates a restart after its events have settled.
  mutating func conclude(
    _ unit: String, _ outcome: UnitWatch.RestartOutcome, _ now: ContinuousClock.Instant
  ) {
    guard let watch = watches[unit] else { return }
    if outcome == .ended("canceled") || watch.isBeingStopped {
      actions.append(.log("restart cancelled, the unit was stopped", unit: unit))
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
        // A further attempt would be refused as well.
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
      actions.append(.log("start exceeds the time limit, no longer waiting for it", unit: unit))
      update(unit) { $0.phase = .recovering(until: $0.recoveryDeadline(now)) }
    case .ended(let result):
      plan(unit, cause: result, now)
    }
  }

  /// Schedules the next restart of a failed unit, or gives up after too many.
  private mutating func plan(_ unit: String, cause: String, _ now: ContinuousClock.Instant) {
    guard var watch = watches[unit] else { return }
    watch.removeExpiredHistory(now)
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
    // Bounds the alerts about a unit that is started manually again and again.
    if watch.reportedAt.count <= maximum {
      watch.isReported = true
      watch.reportedAt.append(now)
      actions.append(.raise(alert))
    } else {
      actions.append(.log(alert.message, unit: unit))
    }
    watches[unit] = watch
  }

  /// The delay before the next restart: the configured delay, doubled with each restart, up to five minutes or the configured delay,
  /// whichever is longer.
  func delay(after restarts: Int) -> Duration {
    guard restarts > 0 else { return settings.restartDelay }
    let base = max(settings.restartDelay, .seconds(1))
    return min(base * (1 << min(restarts, 16)), max(Self.longestDelay, settings.restartDelay))
  }

  /// Reports a failed unit that is not restarted. The same reason is reported at most every ten minutes.
  mutating func skipRestart(_ unit: String, cause: String?, reason: String, _ now: ContinuousClock.Instant) {
    guard var watch = watches[unit] else { return }
    watch.removeExpiredHistory(now)
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

  /// Reports the recovery of a unit that has run for the probation time, or is inactive.
  mutating func recover(_ unit: String, _ now: ContinuousClock.Instant) {
    guard var watch = watches[unit] else { return }
    watch.removeExpiredHistory(now)
    let isRunning = watch.state?.isRunning ?? false
    guard watch.jobs.isEmpty || isRunning else {
      // Between two steps of a start.
      watch.phase = .recovering(until: now + Self.settleTime)
      watches[unit] = watch
      return
    }
    // After a mere `systemctl reset-failed` the unit has not recovered.
    if watch.isReported, isRunning || watch.hasRun {
      actions.append(
        .raise(ServiceAlerts.recovered(unit, isRunning: isRunning, restarts: watch.restarts.count)))
    }
    watch.isReported = false
    watch.phase = .watching(until: now + Self.window)
    watches[unit] = watch
  }

  /// Removes a unit without recent events, unless it is in transition.
  mutating func removeIfSettled(_ unit: String, _ now: ContinuousClock.Instant) {
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
