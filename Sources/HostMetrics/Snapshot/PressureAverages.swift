/// Shares of the last ten seconds in which tasks waited for a resource, 0 to 100.
public struct PressureAverages: Sendable, Equatable {
  /// At least one task waited.
  public var some: Double?
  /// All tasks that were not idle waited; `nil` for the processor before Linux 5.13.
  public var full: Double?

  /// Creates averages.
  public init(some: Double? = nil, full: Double? = nil) {
    self.some = some
    self.full = full
  }
}
