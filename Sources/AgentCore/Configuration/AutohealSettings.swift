/// The section `autoheal`: automatic restarts of failed units.
struct AutohealSettings: Sendable, Equatable {
  /// `autoheal.enabled`.
  var isEnabled = true
  /// `autoheal.restart_delay`, 0 to 24 h: the pause before the first restart.
  var restartDelay = Duration.seconds(10)
  /// `autoheal.units`: globs of the supervised units; empty = all.
  var units: [String] = []
  /// `autoheal.exclude`: globs of units that are never restarted.
  var exclude: [String] = []
  /// `autoheal.max_restarts`, 1 to 100: the restarts of one unit in ten minutes after which the agent stops restarting it.
  var maxRestarts = 5
}
