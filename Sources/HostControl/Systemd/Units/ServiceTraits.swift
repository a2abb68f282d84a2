/// What decides whether a service that failed may be restarted by somebody else than its operator.
public struct ServiceTraits: Sendable, Equatable {
  /// Its real name.
  public let id: String
  /// `simple`, `exec`, `forking`, `oneshot`, `dbus`, `notify`, `notify-reload`, `idle`.
  public let type: String
  /// How it ended last: `success`, `exit-code`, `signal`, `core-dump`, `timeout`, `watchdog`, `start-limit-hit`, `oom-kill`,
  /// `resources`, `protocol`, `exec-condition`.
  public let result: String
  /// `Restart=` of its definition: `no`, `always`, `on-failure` and so on.
  public let restartSetting: String
  /// `active`, `inactive`, `failed` and so on, as `ServiceUnit.activeState`.
  public let activeState: String
  /// As `ServiceUnit.subState`.
  public let subState: String
  /// As `ServiceUnit.loadState`.
  public let loadState: String
  /// As `ServiceUnit.unitFileState`.
  public let unitFileState: String
  /// Whether it was made by a program, without a file of its own.
  public let isTransient: Bool
  /// The timers, sockets and paths that start it.
  public let triggeredBy: [String]

  /// The units that start it: `WantedBy`, `RequiredBy` and `UpheldBy`.
  public let wantedBy: [String]

  /// Whether it does one thing and ends.
  public var isOneshot: Bool { type == "oneshot" }

  /// Whether an operator has it started at boot: it is enabled, or a generator has made it of an operator's file (a Quadlet, an
  /// init script) and a target starts it. A static unit is a part of another one.
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
