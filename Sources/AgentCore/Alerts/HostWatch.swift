import AgentProtocol
import HostMetrics
import Locks

/// Evaluates the alert conditions for each snapshot.
final class HostWatch: Sendable {
  private struct State {
    var settings: AlertSettings
    var conditions: [any AlertCondition] = HostWatch.conditions
  }

  private let kernel: KernelStateReader
  private let outbox: AlertOutbox
  private let state: Locked<State>

  /// Creates a watch that raises its alerts with `outbox`.
  init(_ settings: AlertSettings, kernel: KernelStateReader = KernelStateReader(), outbox: AlertOutbox) {
    self.kernel = kernel
    self.outbox = outbox
    state = Locked(State(settings: settings))
  }

  /// The thresholds, applied from the next snapshot on. Disabling alerts resets all conditions.
  var settings: AlertSettings {
    get { state.withLock { $0.settings } }
    set {
      state.withLock { state in
        state.settings = newValue
        if !newValue.isEnabled { state.conditions = Self.conditions }
      }
    }
  }

  /// Raises the alerts that follow from a snapshot.
  func observe(_ snapshot: Snapshot) {
    guard settings.isEnabled else { return }
    let isRebootRequired = kernel.isRebootRequired()
    let observation = HostObservation(
      disks: snapshot.disks, stalledMounts: snapshot.stalledMounts, isRebootRequired: isRebootRequired,
      rebootPackages: isRebootRequired ? kernel.rebootPackages() : [], oomKills: kernel.oomKills(),
      oomVictims: { [kernel] in kernel.oomVictims(last: $0) })
    let alerts = state.withLock { state in
      guard state.settings.isEnabled else { return [AlertPayload]() }
      var alerts: [AlertPayload] = []
      for index in state.conditions.indices {
        alerts += state.conditions[index].update(observation, state.settings)
      }
      return alerts
    }
    for alert in alerts { outbox.raise(alert) }
  }

  private static var conditions: [any AlertCondition] {
    [MountAlerts(), UsageAlerts(.space), UsageAlerts(.inodes), RebootAlerts(), OOMKillAlerts()]
  }
}
