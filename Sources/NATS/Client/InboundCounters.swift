import Locks
import Synchronization

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
