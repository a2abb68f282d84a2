import HostControl

/// Reboots and shuts down the machine.
protocol PowerControl: Sendable {
  /// Requests a reboot or shutdown. Returns when the request is accepted.
  func request(_ transition: PowerTransition) async throws(SystemdError)

  /// Delays a shutdown until the lock is released, at most for `InhibitDelayMaxSec=` of logind.conf(5).
  func delayShutdown(why: String) async throws(SystemdError) -> any ShutdownDelay
}

/// A lock that delays a shutdown.
protocol ShutdownDelay: Sendable {
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

/// A change of the machine's power state. The raw value is the name of the operation.
enum PowerTransition: String, Sendable, CaseIterable {
  case reboot = "vm.reboot"
  case shutdown = "vm.shutdown"

  /// The description in the capabilities.
  var description: String {
    switch self {
    case .reboot: "Reboot this machine"
    case .shutdown: "Shut this machine down"
    }
  }
}
