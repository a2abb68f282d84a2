extension UnitWatch {
  /// The state has changed.
  mutating func record(_ state: UnitState, after previous: UnitState?, _ now: ContinuousClock.Instant) {
    switch state {
    case .active, .activating:
      isBeingStopped = false
      hasRun = true
    case .inactive:
      isBeingStopped = false
    case .deactivating:
      // A start that takes too long ends here as well, with its job.
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

  /// It is failed now.
  ///
  /// - Parameter isNews: Whether it was seen to fail; otherwise it may have been failed for long.
  mutating func enterFailed(isNews: Bool, _ now: ContinuousClock.Instant) {
    switch phase {
    case .starting, .concluding, .waiting, .checking:
      // The agent's own restart has failed: that is looked at when it is over.
      failedAt = now
    case .quiet, .settling, .inspecting, .down, .recovering, .watching:
      failedAt = now
      hasRun = false
      phase = isNews ? .settling(until: now + AutohealPolicy.settleTime) : .quiet
    }
  }

  /// It is in a state other than failed now, perhaps as before.
  mutating func leaveFailed(_ now: ContinuousClock.Instant, previous: UnitState?) {
    switch phase {
    case .settling, .inspecting:
      // systemd restarts it itself.
      phase = isReported ? .recovering(until: recoveryDeadline(now)) : .quiet
    case .waiting where previous == .failed || state == .activating || state == .active,
      .checking where previous == .failed || state == .activating || state == .active:
      // Somebody has taken it in hand, and has a fresh start.
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

  /// When it counts as recovered if it stays as it is; nil while it is on its way to another state.
  func recoveryDeadline(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    switch state {
    case .active, .reloading, .other: (activeSince ?? now) + AutohealPolicy.probation
    case .inactive, nil: now + AutohealPolicy.settleTime
    case .activating, .deactivating, .failed: nil
    }
  }

  /// Forgets what is older than the time over which it counts.
  mutating func forgetOld(_ now: ContinuousClock.Instant) {
    restarts.removeAll { now - $0 >= AutohealPolicy.window }
    reportedAt.removeAll { now - $0 >= AutohealPolicy.window }
  }
}
