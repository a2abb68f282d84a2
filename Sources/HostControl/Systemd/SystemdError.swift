/// systemd, or the bus to it, did not do what it was asked.
public struct SystemdError: Error, Equatable, CustomStringConvertible {
  /// What went wrong.
  public enum Code: Sendable, Equatable {
    /// There is no libsystemd, no system bus, or nothing on it that answers: nothing was done.
    case unavailable
    /// systemd has no such unit.
    case unitNotFound
    /// No answer in time. What was asked for may still be done.
    case timedOut
    /// The bus went away before the answer. What was asked for may still be done.
    case disconnected
    /// systemd said no, or something that makes no sense; `busName` and the description tell what.
    case refused
    /// The task was cancelled. What was asked for may still be done.
    case cancelled
  }

  /// What went wrong.
  public let code: Code
  /// The D-Bus name of the error that the other side sent: `org.freedesktop.systemd1.UnitMasked` and the like; nil without one.
  public let busName: String?
  /// One sentence: what could not be done, why, and what to do.
  public let description: String

  init(_ code: Code, busName: String? = nil, _ description: String) {
    self.code = code
    self.busName = busName
    self.description = description
  }
}
