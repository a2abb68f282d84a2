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

extension AutohealSettings {
  init(_ decoder: SettingDecoder) throws(ConfigurationError) {
    self.init()
    isEnabled = try decoder.bool("autoheal.enabled") ?? isEnabled
    restartDelay = try decoder.duration("autoheal.restart_delay", atLeast: .zero) ?? restartDelay
    units = try decoder.strings("autoheal.units")?.items.map(\.text) ?? units
    exclude = try decoder.strings("autoheal.exclude")?.items.map(\.text) ?? exclude
    maxRestarts = try decoder.integer("autoheal.max_restarts", in: 1...100) ?? maxRestarts
  }
}
