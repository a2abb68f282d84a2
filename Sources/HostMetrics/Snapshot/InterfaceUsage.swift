/// Counters of one network interface since boot, and its rates over a window.
public struct InterfaceUsage: Sendable, Equatable {
  /// Name of the interface (`eth0`).
  public var interface: String
  /// Bytes sent since boot.
  public var bytesSent: UInt64
  /// Bytes received since boot.
  public var bytesReceived: UInt64
  /// Whether it is administratively up (`IFF_UP`).
  public var isUp: Bool
  /// Receive errors since boot.
  public var rxErrors: UInt64
  /// Transmit errors since boot.
  public var txErrors: UInt64
  /// Bytes received per second since the previous sample; `nil` without one.
  public var rxBytesPerSecond: UInt64?
  /// Bytes sent per second since the previous sample; `nil` without one.
  public var txBytesPerSecond: UInt64?
  /// Whether another interface of the list counts the same traffic, as for a bond, VLAN, bridge or tunnel. A sum over interfaces has to
  /// skip it. `nil` if unknown.
  public var isStacked: Bool?

  /// Creates a usage.
  public init(
    interface: String, bytesSent: UInt64, bytesReceived: UInt64, isUp: Bool, rxErrors: UInt64 = 0,
    txErrors: UInt64 = 0, rxBytesPerSecond: UInt64? = nil, txBytesPerSecond: UInt64? = nil,
    isStacked: Bool? = nil
  ) {
    self.interface = interface
    self.bytesSent = bytesSent
    self.bytesReceived = bytesReceived
    self.isUp = isUp
    self.rxErrors = rxErrors
    self.txErrors = txErrors
    self.rxBytesPerSecond = rxBytesPerSecond
    self.txBytesPerSecond = txBytesPerSecond
    self.isStacked = isStacked
  }
}
