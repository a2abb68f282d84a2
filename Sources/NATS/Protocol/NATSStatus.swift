/// The status in the first line of a message's headers, such as `503`.
public struct NATSStatus: Sendable, Hashable, CustomStringConvertible {
  /// Three digits as in HTTP: 100 idle heartbeat, 404 no messages, 408 request timeout, 503 no responders.
  public var code: Int
  /// The description after the code; often empty.
  public var reason: String

  /// Creates a status.
  public init(code: Int, reason: String = "") {
    self.code = code
    self.reason = reason
  }

  /// The code of a reply to a request without responders.
  public static let noResponders = 503

  /// The code and the reason.
  public var description: String { reason.isEmpty ? "\(code)" : "\(code) \(reason)" }
}
