import Glibc

/// A failed call of systemd or systemd-logind.
public struct SystemdError: Error, Equatable, CustomStringConvertible {
  /// The kind of failure.
  public enum Code: Sendable, Equatable {
    /// libsystemd, the system bus or the service on it is missing: nothing was done.
    case unavailable
    /// systemd has no such unit.
    case unitNotFound
    /// No reply in time. The action may still take place.
    case timedOut
    /// The connection was lost before the reply. The action may still take place.
    case disconnected
    /// systemd rejected the call, or its reply is invalid; see `busName` and `description`.
    case refused
    /// The task was cancelled. The action may still take place.
    case cancelled
  }

  /// The kind of failure.
  public let code: Code
  /// The D-Bus name of the error reply, such as `org.freedesktop.systemd1.UnitMasked`; nil without one.
  public let busName: String?
  /// One sentence: what could not be done, why, and what to do.
  public let description: String

  init(_ code: Code, busName: String? = nil, _ description: String) {
    self.code = code
    self.busName = busName
    self.description = description
  }
}

extension SystemdError {
  /// The error for an error reply.
  ///
  /// - Parameters:
  ///   - busName: The D-Bus name of the error.
  ///   - message: Its text.
  ///   - purpose: The purpose of the call: `start nginx.service`.
  static func answer(_ busName: String, _ message: String, to purpose: String) -> SystemdError {
    let (code, advice) = meaning(of: busName)
    let reason = message.isEmpty ? busName[...] : message.trimmingFinalStops
    return SystemdError(code, busName: busName, "cannot \(purpose): \(reason); \(advice)")
  }

  private static func meaning(of busName: String) -> (Code, String) {
    switch busName {
    case "org.freedesktop.systemd1.NoSuchUnit", "org.freedesktop.DBus.Error.FileNotFound",
      "org.freedesktop.DBus.Error.UnknownObject", "System.Error.ENOENT":
      (.unitNotFound, "check the name with systemctl list-units --all")
    case "org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.Timeout",
      "org.freedesktop.DBus.Error.TimedOut", "System.Error.ETIMEDOUT":
      (.timedOut, "it may still take place: check its state before trying again")
    case "org.freedesktop.DBus.Error.Disconnected", "System.Error.ENOTCONN", "System.Error.ECONNRESET":
      (.disconnected, "it may still take place: check its state before trying again")
    case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner",
      _ where busName.hasPrefix("org.freedesktop.DBus.Error.Spawn"):
      (.unavailable, "systemd must be running as PID 1, with dbus and, for power, systemd-logind")
    case "org.freedesktop.systemd1.UnitMasked":
      (.refused, "it is masked: systemctl unmask it first")
    case "org.freedesktop.systemd1.JobTypeNotApplicable":
      (.refused, "a unit of this kind cannot do that: restart it instead of reloading it")
    case "org.freedesktop.systemd1.OnlyByDependency":
      (.refused, "it may only be started or stopped by another unit")
    case "org.freedesktop.systemd1.BadUnitSetting", "org.freedesktop.systemd1.LoadFailed":
      (.refused, "correct its definition, systemctl status shows the line")
    case "org.freedesktop.systemd1.UnitExists":
      (.refused, "a unit of that name is there already")
    case "org.freedesktop.systemd1.TransactionIsDestructive":
      (.refused, "an earlier job conflicts with it; wait until that has ended")
    case "org.freedesktop.DBus.Error.AccessDenied",
      "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
      "System.Error.EPERM", "System.Error.EACCES":
      (.refused, "run the agent as root, or give its user that right with polkit")
    default:
      (.refused, "see \(busName)")
    }
  }

  /// An inhibitor prevents the action.
  static func blocked(_ purpose: String, by blockers: [String]) -> SystemdError {
    SystemdError(
      .refused,
      "cannot \(purpose): it is blocked by \(blockers.joined(separator: ", ")); wait until that has ended, or end it"
    )
  }

  /// The bus cannot be reached.
  static func cannotConnect(errno: Int32) -> SystemdError {
    let advice =
      switch errno {
      case ENOENT, ECONNREFUSED: "install and start dbus"
      case EACCES, EPERM: "the agent's user may not use it"
      default: "see dbus.service"
      }
    return SystemdError(
      .unavailable,
      "the system bus (/run/dbus/system_bus_socket) cannot be reached: \(ErrorNumber.text(errno)); \(advice)")
  }

  /// A message could not be queued on the connection.
  static func sending(_ purpose: String, errno: Int32) -> SystemdError {
    switch errno {
    case ENOTCONN, ECONNRESET, EPIPE, ESTALE: lost(purpose)
    default: unusable(purpose, "the message cannot be sent on the system bus: \(ErrorNumber.text(errno))")
    }
  }

  /// libsystemd cannot be loaded.
  static func noLibrary(_ reason: String) -> SystemdError {
    SystemdError(.unavailable, "systemd cannot be reached: \(reason); install libsystemd0")
  }

  /// The thread of the bus cannot be started.
  static func cannotStart(errno: Int32) -> SystemdError {
    SystemdError(
      .unavailable,
      "systemd cannot be reached: no thread can be started for it: \(ErrorNumber.text(errno)); raise the agent's limits"
    )
  }

  /// The connection was lost before the reply.
  static func lost(_ purpose: String) -> SystemdError {
    SystemdError(
      .disconnected,
      "the system bus was lost while waiting to \(purpose); it may still take place: check the state of the unit"
    )
  }

  /// The call timed out.
  static func unanswered(_ purpose: String) -> SystemdError {
    SystemdError(
      .timedOut, "cannot \(purpose): systemd did not reply in time; check its state before trying again")
  }

  /// The task was cancelled before the reply.
  static func cancelled(_ purpose: String) -> SystemdError {
    SystemdError(.cancelled, "waiting to \(purpose) was cancelled; it may still take place")
  }

  /// systemd has no such unit.
  static func notFound(_ unit: String) -> SystemdError {
    SystemdError(
      .unitNotFound, busName: "org.freedesktop.systemd1.NoSuchUnit",
      "unit not found: systemd has no \(unit); check the name with systemctl list-units --all")
  }

  /// A message could not be encoded or decoded, or a job failed.
  static func unusable(_ purpose: String, _ reason: String) -> SystemdError {
    SystemdError(.refused, "cannot \(purpose): \(reason)")
  }
}

extension String {
  /// The text without full stops at its end, as systemd's sentences have.
  fileprivate var trimmingFinalStops: Substring {
    var text = self[...]
    while text.last == "." { text.removeLast() }
    return text
  }
}
