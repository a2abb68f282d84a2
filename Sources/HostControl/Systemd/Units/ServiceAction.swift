/// An action on a service.
public enum ServiceAction: String, Sendable, CaseIterable {
  /// Starts the service. No effect on one that is running.
  case start
  /// Stops the service. No effect on one that is not running.
  case stop
  /// Stops and starts the service.
  case restart
  /// Reloads the configuration of the service. Fails for one that is not running or cannot reload.
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
