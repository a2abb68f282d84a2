public import NATS

/// A message stored in a stream.
public struct StoredMessage: Sendable, Hashable {
  /// The subject it was published to.
  public var subject: String
  /// Its sequence in the stream.
  public var sequence: UInt64
  /// When the stream stored it, in Unix seconds.
  public var time: Double
  /// Its headers; nil if there are none.
  public var headers: NATSHeaders?
  /// Its payload.
  public var payload: [UInt8]
}
