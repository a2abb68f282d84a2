/// What happens to services, as systemd tells it.
public enum UnitEvent: Sendable, Equatable {
  /// From here on events come. What happened before is not told: look at everything anew. Also after events were lost.
  case connected
  /// No events come until the next `connected`: the bus is gone.
  case disconnected
  /// A service changed, or something about it did; its states may be the ones it had.
  case changed(unit: String, activeState: String, subState: String)
  /// A start, stop, restart or reload of a service was asked for.
  case jobQueued(unit: String, job: UInt32)
  /// A job of a service ended: `done`, `canceled`, `timeout`, `failed`, `dependency`, `skipped` and so on. What kind of job it
  /// was systemd does not tell.
  case jobRemoved(unit: String, job: UInt32, result: String)
}
