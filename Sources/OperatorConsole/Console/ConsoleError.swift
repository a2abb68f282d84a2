import PlatformAPI

/// Why `plsctl` could not do what it was told, in one line for the operator.
public struct ConsoleError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What it exits with.
  public var status: ExitStatus
  /// What happened, to what, and what to do. May hold text from the network: it is made safe where it is printed.
  public var message: String

  /// An error.
  public init(_ status: ExitStatus, _ message: String) {
    self.status = status
    self.message = message
  }

  /// The message.
  public var description: String { message }

  /// What the platform answered.
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
