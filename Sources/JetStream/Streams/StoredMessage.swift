public import NATS

/// A message as a stream keeps it.
public struct StoredMessage: Sendable, Hashable {
  /// The subject it was published to.
  public var subject: String
  /// Its number in the stream.
  public var sequence: UInt64
  /// When the stream took it, in Unix seconds.
  public var time: Double
  /// Its headers, if it has any.
  public var headers: NATSHeaders?
  /// Its content.
  public var payload: [UInt8]
}
