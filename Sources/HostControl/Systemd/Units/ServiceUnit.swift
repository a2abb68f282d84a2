/// A service as systemd has it at one moment.
public struct ServiceUnit: Sendable, Equatable {
  /// Its real name, which an alias does not have: `nginx.service`.
  public let id: String
  /// What it says about itself.
  public let description: String
  /// Whether its definition could be read: `loaded`, `not-found`, `masked`, `error`, `bad-setting`.
  public let loadState: String
  /// `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading` and whatever comes with later versions.
  public let activeState: String
  /// The same in more detail: `running`, `dead`, `exited`, `auto-restart` and so on.
  public let subState: String
  /// What systemctl(1) `is-enabled` says; empty where systemd has no word for it, or was not asked.
  public let unitFileState: String
  /// The process that is the service; nil when none runs, or systemd was not asked.
  public let mainPID: Int32?
  /// When `activeState` or `subState` last changed, in seconds since 1970; nil when never since boot, or systemd was not asked.
  public let since: Int64?

  /// Whether it is started at boot.
  public var isEnabled: Bool { unitFileState == "enabled" || unitFileState == "enabled-runtime" }

  /// Describes a service.
  public init(
    id: String, description: String, loadState: String, activeState: String, subState: String,
    unitFileState: String = "", mainPID: Int32? = nil, since: Int64? = nil
  ) {
    self.id = id
    self.description = description
    self.loadState = loadState
    self.activeState = activeState
    self.subState = subState
    self.unitFileState = unitFileState
    self.mainPID = mainPID
    self.since = since
  }
}
