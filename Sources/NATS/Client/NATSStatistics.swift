import Locks
import Synchronization

/// The counters of a client since its creation.
public struct NATSStatistics: Sendable, Hashable {
  /// Messages received, including dropped ones.
  public var inMessages: UInt64 = 0
  /// Bytes of headers and payloads received.
  public var inBytes: UInt64 = 0
  /// Messages accepted from publishers.
  public var outMessages: UInt64 = 0
  /// Bytes of headers and payloads accepted from publishers.
  public var outBytes: UInt64 = 0
  /// Connections established after the first one.
  public var reconnects: UInt64 = 0
  /// Messages that subscriptions dropped because their readers were too slow.
  public var dropped: UInt64 = 0
  /// Publishes rejected because a buffer was full.
  public var refused: UInt64 = 0
  /// Bytes waiting to be written.
  public var pendingBytes: Int = 0
  /// Current subscriptions, without the client's own subscription for replies.
  public var subscriptions: Int = 0
}

/// Counters of received messages. The event loop updates them once for each run of messages.
final class InboundCounters: Sendable {
  private let messages = Atomic<UInt64>(0)
  private let bytes = Atomic<UInt64>(0)
  private let dropped = Atomic<UInt64>(0)

  func add(messages: Int, bytes: Int) {
    self.messages.wrappingAdd(UInt64(messages), ordering: .relaxed)
    self.bytes.wrappingAdd(UInt64(bytes), ordering: .relaxed)
  }

  func add(dropped: Int) {
    self.dropped.wrappingAdd(UInt64(dropped), ordering: .relaxed)
  }

  func read(into statistics: inout NATSStatistics) {
    statistics.inMessages = messages.load(ordering: .relaxed)
    statistics.inBytes = bytes.load(ordering: .relaxed)
    statistics.dropped = dropped.load(ordering: .relaxed)
  }
}
