/// What a client has done so far.
public struct NATSStatistics: Sendable, Hashable {
  /// Messages received, dropped ones among them.
  public var inMessages: UInt64 = 0
  /// Bytes of their headers and payloads.
  public var inBytes: UInt64 = 0
  /// Messages accepted from publishers.
  public var outMessages: UInt64 = 0
  /// Bytes of their headers and payloads.
  public var outBytes: UInt64 = 0
  /// Connections made after the first one.
  public var reconnects: UInt64 = 0
  /// Messages that subscriptions dropped because their readers were too slow.
  public var dropped: UInt64 = 0
  /// Publishes refused because too much was waiting.
  public var refused: UInt64 = 0
  /// Bytes that wait to be written now.
  public var pendingBytes: Int = 0
  /// Subscriptions that there are now, the client's own for replies not counted.
  public var subscriptions: Int = 0
}
