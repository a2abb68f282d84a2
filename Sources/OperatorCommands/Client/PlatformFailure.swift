import NATS
import PlatformAPI

/// The reason why a request has no result.
enum PlatformFailure: Error, Hashable {
  /// There are no responders: the platform is not running.
  case noPlatform
  /// The request timed out or the connection was lost. The platform may have executed it.
  case noAnswer(String)
  /// The platform rejected the request.
  case refused(APIError)
  /// The operator's permissions do not include the method.
  case notAllowed
  /// The request cannot be encoded, or the reply cannot be decoded.
  case unreadable(String)
  /// The task was cancelled.
  case interrupted

  init(_ error: NATSError) {
    switch error.code {
    case .noResponders: self = .noPlatform
    case .cancelled: self = .interrupted
    case .permissionsViolation where error.subject?.hasPrefix("_INBOX") ?? false:
      self = .noAnswer("\(error.message); the operator's permissions lack its inbox")
    case .permissionsViolation: self = .notAllowed
    default: self = .noAnswer(error.message)
    }
  }

  /// Whether a retry may succeed.
  var isTransient: Bool {
    switch self {
    case .noPlatform, .noAnswer: true
    case .refused(let error): error.code == .unavailable
    case .notAllowed, .unreadable, .interrupted: false
    }
  }

  /// The error for the operator.
  func consoleError(operatorName: String, method: APIMethod) -> ConsoleError {
    switch self {
    case .noPlatform:
      ConsoleError(
        .unreachable, "no platform answers at this server: is plusclouds-platform running?")
    case .noAnswer(let reason):
      ConsoleError(.unreachable, "the platform did not answer \(method.name): \(reason)")
    case .refused(let error): ConsoleError(error)
    case .notAllowed:
      ConsoleError(
        .noPermission,
        "operator \(operatorName) may not call \(method.name): it requires the role \(method.leastRole.rawValue)"
      )
    case .unreadable(let what): ConsoleError(.unreachable, "cannot read \(what)")
    case .interrupted: ConsoleError(.interrupted, "interrupted")
    }
  }
}
