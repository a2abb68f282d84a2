/// The properties that decide whether a failed service may be restarted automatically.
public struct ServiceTraits: Sendable, Equatable {
  /// The real name.
  public let id: String
  /// `simple`, `exec`, `forking`, `oneshot`, `dbus`, `notify`, `notify-reload`, `idle`.
  public let type: String
  /// The result of its last run: `success`, `exit-code`, `signal`, `core-dump`, `timeout`, `watchdog`, `start-limit-hit`, `oom-kill`,
  /// `resources`, `protocol`, `exec-condition`.
  public let result: String
  /// `Restart=` of its definition: `no`, `always`, `on-failure` or another.
  public let restartSetting: String
  /// As `ServiceUnit.activeState`.
  public let activeState: String
  /// As `ServiceUnit.subState`.
  public let subState: String
  /// As `ServiceUnit.loadState`.
  public let loadState: String
  /// As `ServiceUnit.unitFileState`.
  public let unitFileState: String
  /// Whether it was created at run time, without a unit file.
  public let isTransient: Bool
  /// The timers, sockets and paths that activate it.
  public let triggeredBy: [String]

  /// The units by which it is started: `WantedBy`, `RequiredBy` and `UpheldBy`.
  public let wantedBy: [String]

  /// Whether its type is `oneshot`.
  public var isOneshot: Bool { type == "oneshot" }

  /// Whether it is started at boot by choice of an operator: it is enabled, or a generator has created it from an operator's file
  /// (a Quadlet, an init script) and a target starts it. A static unit is a part of another one.
  public var isStartedAtBoot: Bool {
    switch unitFileState {
    case "enabled", "enabled-runtime": true
    case "generated": wantedBy.contains { $0.hasSuffix(".target") }
    default: false
    }
  }

  /// Describes a service.
  public init(
    id: String, type: String, result: String, restartSetting: String, activeState: String, subState: String,
    loadState: String, unitFileState: String, isTransient: Bool, triggeredBy: [String],
    wantedBy: [String] = []
  ) {
    self.id = id
    self.type = type
    self.result = result
    self.restartSetting = restartSetting
    self.activeState = activeState
    self.subState = subState
    self.loadState = loadState
    self.unitFileState = unitFileState
    self.isTransient = isTransient
    self.triggeredBy = triggeredBy
    self.wantedBy = wantedBy
  }
}

extension ServiceTraits {
  /// The properties that list the units by which a service is started.
  static let wanting: Set<String> = ["WantedBy", "RequiredBy", "UpheldBy"]

  init(_ values: [String: BusValue], name: String) {
    self.init(
      id: values["Id"]?.string ?? name, type: values["Type"]?.string ?? "",
      result: values["Result"]?.string ?? "", restartSetting: values["Restart"]?.string ?? "",
      activeState: values["ActiveState"]?.string ?? "", subState: values["SubState"]?.string ?? "",
      loadState: values["LoadState"]?.string ?? "", unitFileState: values["UnitFileState"]?.string ?? "",
      isTransient: values["Transient"]?.bool ?? false, triggeredBy: values["TriggeredBy"]?.strings ?? [],
      wantedBy: Self.wanting.flatMap { values[$0]?.strings ?? [] })
  }
}
