/// The states of a unit as systemd tells them (`ActiveState` of org.freedesktop.systemd1(5)).
enum UnitState: String, Sendable {
  case active, reloading, inactive, failed, activating, deactivating
  /// One that only later versions have.
  case other

  /// The state that systemd calls so.
  init(_ text: String) {
    self = UnitState(rawValue: text) ?? .other
  }

  /// Whether it runs.
  var isRunning: Bool { self == .active || self == .reloading || self == .other }
}
