/// The status that a server puts into the first line of a message's headers, such as `503`.
public struct NATSStatus: Sendable, Hashable, CustomStringConvertible {
  /// Three digits, as in HTTP: 100 heartbeat, 404 no messages, 408 request timeout, 503 no responders.
  public var code: Int
  /// The words behind it; often empty.
  public var reason: String

  /// Makes a status.
  public init(code: Int, reason: String = "") {
    self.code = code
    self.reason = reason
  }

  /// Nobody was subscribed to the subject of a request.
  public static let noResponders = 503

  /// The code and its words.
  public var description: String { reason.isEmpty ? "\(code)" : "\(code) \(reason)" }
}
