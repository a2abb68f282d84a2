import HostControl

/// Something that can be done to a service.
enum ServiceChange: Sendable, Hashable, CaseIterable {
  /// What runs is changed, by a job.
  case start, stop, restart, reload
  /// What is started at boot is changed.
  case enable, disable

  /// The word of the protocol.
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

  /// For the capabilities.
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

  /// Whether the agent would be gone if that was done to it.
  var wouldLoseTheAgent: Bool { self == .stop || self == .disable }

  /// The job that does it; nil for what is no job.
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
