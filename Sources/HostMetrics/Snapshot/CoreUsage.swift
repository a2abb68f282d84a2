/// Usage of one processor over a window.
public struct CoreUsage: Sendable, Equatable {
  /// The number of the processor.
  public var id: Int
  /// Share of its time that was not idle, 0 to 100.
  public var usagePercent: Double

  /// Creates a usage.
  public init(id: Int, usagePercent: Double) {
    self.id = id
    self.usagePercent = usagePercent
  }
}
