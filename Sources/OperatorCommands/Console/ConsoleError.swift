import PlatformAPI

/// An error with an exit status and a one-line message.
public struct ConsoleError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The exit status of the process.
  public var status: ExitStatus
  /// What happened, to what, and what to do. May contain text from the network; it is escaped when it is printed.
  public var message: String

  /// Creates an error.
  public init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message = message
  }

  /// The message.
  public var description: String { message }

  /// Creates an error from an error reply of the platform.
  init(_ error: APIError) {
    let status: ExitStatus =
      switch error.code {
      case .notFound: .notFound
      case .invalid: .usage
      case .unavailable: .unreachable
      default: .refused
      }
    self.init(status, error.message)
  }
}
