/// The section `autoheal`: restarting units that failed.
public struct AutohealSettings: Sendable, Equatable {
  /// `autoheal.enabled`.
  public var isEnabled: Bool
  /// `autoheal.restart_delay`, 0 to 24 h: the pause before the first restart.
  public var restartDelay: Duration
  /// `autoheal.units`: globs of the units to look after; empty = all.
  public var units: [String]
  /// `autoheal.exclude`: globs of units to leave alone.
  public var exclude: [String]
  /// `autoheal.max_restarts`, 1 to 100: restarts of one unit in ten minutes before the agent gives up.
  public var maxRestarts: Int

  /// Settings from their parts; what is left out has its default.
  public init(
    isEnabled: Bool = true,
    restartDelay: Duration = .seconds(10),
    units: [String] = [],
    exclude: [String] = [],
    maxRestarts: Int = 5
  ) {
    self.isEnabled = isEnabled
    self.restartDelay = restartDelay
    self.units = units
    self.exclude = exclude
    self.maxRestarts = maxRestarts
  }
}
