/// An event of a service that systemd reports.
public enum UnitEvent: Sendable, Equatable {
  /// Events are received from here on. Earlier ones are not reported, so all states must be queried. Also sent after events were
  /// lost.
  case connected
  /// The bus was lost. No events are received until the next `connected`.
  case disconnected
  /// A property of a service changed; its states may be the same as before.
  case changed(unit: String, activeState: String, subState: String)
  /// A start, stop, restart or reload of a service was enqueued.
  case jobQueued(unit: String, job: UInt32)
  /// A job of a service ended: `done`, `canceled`, `timeout`, `failed`, `dependency`, `skipped` or another. systemd does not
  /// report the type of the job.
  case jobRemoved(unit: String, job: UInt32, result: String)
}
