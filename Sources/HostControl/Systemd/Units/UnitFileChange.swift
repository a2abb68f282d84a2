/// The changes of enabling or disabling a service.
public struct UnitFileChange: Sendable, Equatable {
  /// How a service is enabled and disabled.
  public enum Means: Sendable, Equatable {
    /// By links to its unit file; `links` were created or removed.
    case unitFile(links: Int)
    /// By systemd-sysv-install(8), which changes the links of an init script.
    case initScript(path: String)
    /// The service cannot be enabled or disabled, because of its state, or because it is an init script and the machine has
    /// no systemd-sysv-install.
    case none(initScript: String?)
  }

  /// The real name of the unit.
  public var unit: String
  /// How the service was enabled or disabled.
  public var means: Means
  /// The state of systemctl(1) `is-enabled` before the change.
  public var stateBefore: String
  /// The state after the change; empty without a unit file, as after an operator's link to it was removed.
  public var stateAfter: String
  /// Whether the unit file has an `[Install]` section. False unless the service was to be enabled.
  public var hasInstallSection: Bool
  /// The units by which it was started before the change.
  public var wantedByBefore: [String]
  /// The units by which it is started after the change.
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

  /// Whether a unit file in this state cannot be enabled or disabled by links.
  static func isFixed(_ state: String) -> Bool {
    ["generated", "transient", "masked", "masked-runtime"].contains(state)
  }
}
