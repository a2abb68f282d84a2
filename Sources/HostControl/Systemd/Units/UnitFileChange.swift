/// What enabling or disabling a service has changed.
public struct UnitFileChange: Sendable, Equatable {
  /// What can be changed of a service.
  public enum Means: Sendable, Equatable {
    /// Links to its unit file; `links` were made or removed.
    case unitFile(links: Int)
    /// The links of an init script, by systemd-sysv-install(8).
    case initScript(path: String)
    /// Nothing: its state says why, or it is an init script and this machine has no systemd-sysv-install.
    case none(initScript: String?)
  }

  /// The unit's real name.
  public var unit: String
  /// What was changed.
  public var means: Means
  /// What systemctl(1) `is-enabled` called it before.
  public var stateBefore: String
  /// What it calls it now; empty when there is no unit file any more, as after a link of an operator was removed.
  public var stateAfter: String
  /// Whether the unit file says what enabling it means. False unless it was to be enabled.
  public var hasInstallSection: Bool
  /// The units that started it before.
  public var wantedByBefore: [String]
  /// The units that start it now.
  public var wantedBy: [String]

  /// Describes a change.
  public init(
    unit: String, means: Means, stateBefore: String, stateAfter: String, hasInstallSection: Bool = false,
    wantedByBefore: [String] = [], wantedBy: [String] = []
  ) {
    self.unit = unit
    self.means = means
    self.stateBefore = stateBefore
    self.stateAfter = stateAfter
    self.hasInstallSection = hasInstallSection
    self.wantedByBefore = wantedByBefore
    self.wantedBy = wantedBy
  }

  /// Whether a unit file in this state has no links that could be made or removed.
  static func isFixed(_ state: String) -> Bool {
    ["generated", "transient", "masked", "masked-runtime"].contains(state)
  }
}
