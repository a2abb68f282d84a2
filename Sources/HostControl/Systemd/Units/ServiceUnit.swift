/// The state of a service.
public struct ServiceUnit: Sendable, Equatable {
  /// The real name, `nginx.service`.
  public let id: String
  /// `Description=` of its definition.
  public let description: String
  /// Whether its definition could be loaded: `loaded`, `not-found`, `masked`, `error`, `bad-setting`.
  public let loadState: String
  /// `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading` or a state of a later version.
  public let activeState: String
  /// The state in more detail: `running`, `dead`, `exited`, `auto-restart` or another.
  public let subState: String
  /// The state of systemctl(1) `is-enabled`; empty when systemd has none, or it was not queried.
  public let unitFileState: String
  /// The main process; nil when none is running, or it was not queried.
  public let mainPID: Int32?
  /// When `activeState` or `subState` last changed, in seconds since 1970; nil when never since boot, or it was not queried.
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

extension ServiceUnit {
  /// A listed service with additional properties.
  init(_ listed: ServiceUnit, _ values: [String: BusValue]) {
    self.init(
      id: listed.id, description: listed.description, loadState: listed.loadState,
      activeState: listed.activeState, subState: listed.subState,
      unitFileState: values["UnitFileState"]?.string ?? "", mainPID: Self.pid(values),
      since: Self.since(values))
  }

  init(_ values: [String: BusValue], name: String) {
    self.init(
      id: values["Id"]?.string ?? name, description: values["Description"]?.string ?? "",
      loadState: values["LoadState"]?.string ?? "", activeState: values["ActiveState"]?.string ?? "",
      subState: values["SubState"]?.string ?? "", unitFileState: values["UnitFileState"]?.string ?? "",
      mainPID: Self.pid(values), since: Self.since(values))
  }

  private static func pid(_ values: [String: BusValue]) -> Int32? {
    values["MainPID"]?.number.flatMap { Int32(exactly: $0) }.flatMap { $0 > 0 ? $0 : nil }
  }

  /// systemd has microseconds, and 0 for never.
  private static func since(_ values: [String: BusValue]) -> Int64? {
    values["StateChangeTimestamp"]?.number.flatMap { $0 > 0 ? $0 / 1_000_000 : nil }
  }
}
