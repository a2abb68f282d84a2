/// What can be done to a service.
public enum ServiceAction: String, Sendable, CaseIterable {
  /// Starts it; one that runs is left alone.
  case start
  /// Stops it; one that does not run is left alone.
  case stop
  /// Stops and starts it.
  case restart
  /// Lets it read its configuration again; one without that ability, or that does not run, refuses.
  case reload

  /// The method of org.freedesktop.systemd1.Manager, org.freedesktop.systemd1(5).
  var method: String {
    switch self {
    case .start: "StartUnit"
    case .stop: "StopUnit"
    case .restart: "RestartUnit"
    case .reload: "ReloadUnit"
    }
  }
}
