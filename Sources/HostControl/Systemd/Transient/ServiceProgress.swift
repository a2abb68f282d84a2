/// The known properties of a running service, from which its ending is derived.
struct ServiceProgress: Sendable {
  /// The relevant properties of org.freedesktop.systemd1.Unit and …Service.
  static let properties: Set<String> = [
    "ActiveState", "SubState", "LoadState", "Result", "ExecMainCode", "ExecMainStatus",
  ]

  /// Whether it is known to have started. Before that it is `inactive` without having ended.
  private var hasStarted: Bool
  private var activeState = ""
  private var result: String?
  private(set) var loadState = ""
  private var mainCode: Int64?
  private var mainStatus: Int64?

  /// - Parameter isNew: Whether the service is about to be started; otherwise an inactive one has ended.
  init(isNew: Bool) {
    hasStarted = !isNew
  }

  /// Merges changed properties.
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

  /// How it ended; nil while it has not, or while its result is unknown. systemd reports the properties of the service before
  /// those of the unit, so a listener that was added between the two knows only that it has ended.
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

/// How a service ended.
public enum ServiceEnding: Sendable, Equatable {
  /// The exit code of its main process. Codes from 200 to 243 may be systemd's own, systemd.exec(5): 203 means that the program
  /// could not be executed.
  case exited(Int32)
  /// The signal that terminated its main process, including that of a stop.
  case signalled(Int32)
  /// Another result of systemd: `timeout` (of its run time or its stop), `oom-kill`, `watchdog`, `resources`, `protocol`;
  /// `success` when it never ran a process.
  case other(result: String)
}
