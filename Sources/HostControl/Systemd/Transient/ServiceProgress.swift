/// What is known of a running service, put together from the properties that systemd tells; and from that, how it ended.
struct ServiceProgress: Sendable {
  /// The properties that matter, of org.freedesktop.systemd1.Unit and …Service.
  static let properties: Set<String> = [
    "ActiveState", "SubState", "LoadState", "Result", "ExecMainCode", "ExecMainStatus",
  ]

  /// Whether it is known to have been started. Before that a service is `inactive` without having ended.
  private var hasStarted: Bool
  private var activeState = ""
  private var result: String?
  private(set) var loadState = ""
  private var mainCode: Int64?
  private var mainStatus: Int64?

  /// - Parameter isNew: Whether the service is about to be started; else one that does not run has ended.
  init(isNew: Bool) {
    hasStarted = !isNew
  }

  /// Takes in what changed.
  mutating func merge(_ values: [String: BusValue]) {
    if let value = values["ActiveState"]?.string { activeState = value }
    if let value = values["LoadState"]?.string { loadState = value }
    if let value = values["Result"]?.string { result = value }
    if let value = values["ExecMainCode"]?.number { mainCode = value }
    if let value = values["ExecMainStatus"]?.number { mainStatus = value }
    switch activeState {
    case "", "inactive": if mainCode ?? 0 != 0 { hasStarted = true }
    default: hasStarted = true
    }
  }

  /// How it ended; nil while it has not, or while it is not known how. Systemd tells the properties of the service before those
  /// of the unit; whoever begins to listen between the two knows that it has ended, and no more.
  var ending: ServiceEnding? {
    guard hasStarted, activeState == "inactive" || activeState == "failed",
      let result, let mainCode, let mainStatus
    else { return nil }
    switch (result, mainCode) {
    // CLD_EXITED, CLD_KILLED and CLD_DUMPED of waitid(2).
    case ("success", 1), ("exit-code", 1): return .exited(Int32(clamping: mainStatus))
    case ("success", 2), ("success", 3), ("signal", 2), ("core-dump", 3):
      return .signalled(Int32(clamping: mainStatus))
    default: return .other(result: result)
    }
  }
}
