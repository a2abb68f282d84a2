import NATS
import PlatformAPI

/// Why a request got no result.
enum PlatformFailure: Error, Hashable {
  /// Nobody is subscribed: the platform does not run.
  case noPlatform
  /// No answer in time, or the connection was lost meanwhile: the platform may have done it or not.
  case noAnswer(String)
  /// The platform did not do it.
  case refused(APIError)
  /// The operator's permissions do not have the method.
  case notAllowed
  /// What was sent or came back cannot be read.
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

  /// Whether it may go well the next time.
  var isTransient: Bool {
    switch self {
    case .noPlatform, .noAnswer: true
    case .refused(let error): error.code == .unavailable
    case .notAllowed, .unreadable, .interrupted: false
    }
  }

  /// In one line.
  func consoleError(operatorName: String, method: APIMethod) -> ConsoleError {
    switch self {
    case .noPlatform:
      ConsoleError(
        .unreachable, "no platform answers at this server: is plusclouds-platform running?")
    case .noAnswer(let reason):
      ConsoleError(.unreachable, "the platform did not answer \(method.rawValue): \(reason)")
    case .refused(let error): ConsoleError(error)
    case .notAllowed:
      ConsoleError(
        .noPermission,
        "operator \(operatorName) may not call \(method.rawValue): it takes the role \(method.leastRole.rawValue)"
      )
    case .unreadable(let what): ConsoleError(.unreachable, "cannot read \(what)")
    case .interrupted: ConsoleError(.interrupted, "interrupted")
    }
  }
}
