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
