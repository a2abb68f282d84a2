extension UnitWatch {
  /// Records a change of state.
  mutating func record(_ state: UnitState, after previous: UnitState?, _ now: ContinuousClock.Instant) {
    switch state {
    case .active, .activating:
      isBeingStopped = false
      hasRun = true
    case .inactive:
      isBeingStopped = false
    case .deactivating:
      // A start that times out passes through `deactivating` as well, during its job.
      if !jobs.isEmpty, previous != .activating { isBeingStopped = true }
    case .failed, .reloading, .other: break
    }
    guard !state.isRunning else {
      activeSince = activeSince ?? now
      return
    }
    if let since = activeSince, now - since >= AutohealPolicy.window { clearHistory() }
    activeSince = nil
  }

  /// Handles a transition to `failed`.
  ///
  /// - Parameter isObserved: Whether the failure was observed. Otherwise the unit may have failed long before.
  mutating func enterFailed(isObserved: Bool, _ now: ContinuousClock.Instant) {
    switch phase {
    case .starting, .concluding, .waiting, .checking:
      // A failure of the agent's own restart is evaluated after the restart has ended.
      failedAt = now
    case .quiet, .settling, .inspecting, .down, .recovering, .watching:
      failedAt = now
      hasRun = false
      phase = isObserved ? .settling(until: now + AutohealPolicy.settleTime) : .quiet
    }
  }

  /// Handles a state other than `failed`.
  mutating func leaveFailed(_ now: ContinuousClock.Instant, previous: UnitState?) {
    switch phase {
    case .settling, .inspecting:
      // systemd restarts it (`Restart=`).
      phase = isReported ? .recovering(until: recoveryDeadline(now)) : .quiet
    case .waiting where previous == .failed || state == .activating || state == .active,
      .checking where previous == .failed || state == .activating || state == .active:
      // Started manually: the history starts afresh.
      clearHistory()
      phase = .recovering(until: recoveryDeadline(now))
    case .down:
      clearHistory()
      phase = .recovering(until: recoveryDeadline(now))
    case .recovering:
      phase = .recovering(until: recoveryDeadline(now))
    case .quiet, .waiting, .checking, .starting, .concluding, .watching: break
    }
  }

  /// The time at which it counts as recovered in its present state; nil while it is in transition.
  func recoveryDeadline(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    switch state {
    case .active, .reloading, .other: (activeSince ?? now) + AutohealPolicy.probation
    case .inactive, nil: now + AutohealPolicy.settleTime
    case .activating, .deactivating, .failed: nil
    }
  }

  /// Removes restarts and reports that are older than the window.
  mutating func removeExpiredHistory(_ now: ContinuousClock.Instant) {
    restarts.removeAll { now - $0 >= AutohealPolicy.window }
    reportedAt.removeAll { now - $0 >= AutohealPolicy.window }
  }
}
