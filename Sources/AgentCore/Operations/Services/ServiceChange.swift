import HostControl

/// A change that can be made to a service.
enum ServiceChange: Sendable, Hashable, CaseIterable {
  /// Changes of the running state, made by a job of systemd.
  case start, stop, restart, reload
  /// Changes of the unit files.
  case enable, disable

  /// The verb of the operation's name.
  var verb: String {
    switch self {
    case .start: "start"
    case .stop: "stop"
    case .restart: "restart"
    case .reload: "reload"
    case .enable: "enable"
    case .disable: "disable"
    }
  }

  /// The description in the capabilities.
  var description: String {
    switch self {
    case .start: "Start a service"
    case .stop: "Stop a service"
    case .restart: "Restart a service, or start it"
    case .reload: "Have a service read its configuration again"
    case .enable: "Have a service started at boot"
    case .disable: "No longer have a service started at boot"
    }
  }

  /// Whether this change, made to the agent's unit, could not be undone remotely.
  var makesAgentUnreachable: Bool { self == .stop || self == .disable }

  /// The job that makes the change; nil for unit files.
  var job: ServiceAction? {
    switch self {
    case .start: .start
    case .stop: .stop
    case .restart: .restart
    case .reload: .reload
    case .enable, .disable: nil
    }
  }
}
