import HostControl

/// What the operations on the machine's power need of it.
protocol PowerControl: Sendable {
  /// Asks the machine to go down. Returns when it has accepted.
  func request(_ transition: PowerTransition) async throws(SystemdError)

  /// Has the machine wait with going down, a few seconds at most, until what is returned is released.
  func delayShutdown(why: String) async throws(SystemdError) -> any ShutdownDelay
}

/// Holds the machine up for a moment.
protocol ShutdownDelay: Sendable {
  /// Lets it go.
  func release()
}

extension Inhibitor: ShutdownDelay {}

extension Logind: PowerControl {
  func request(_ transition: PowerTransition) async throws(SystemdError) {
    switch transition {
    case .reboot: try await reboot()
    case .shutdown: try await powerOff()
    }
  }

  func delayShutdown(why: String) async throws(SystemdError) -> any ShutdownDelay {
    try await inhibit("shutdown", who: "plusclouds-agent", why: why, mode: .delay)
  }
}
