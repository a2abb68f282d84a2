/// The section `autoheal`: restarting units that failed.
struct AutohealSettings: Sendable, Equatable {
  /// `autoheal.enabled`.
  var isEnabled = true
  /// `autoheal.restart_delay`, 0 to 24 h: the pause before the first restart.
  var restartDelay = Duration.seconds(10)
  /// `autoheal.units`: globs of the units to look after; empty = all.
  var units: [String] = []
  /// `autoheal.exclude`: globs of units to leave alone.
  var exclude: [String] = []
  /// `autoheal.max_restarts`, 1 to 100: restarts of one unit in ten minutes before the agent gives up.
  var maxRestarts = 5
}
