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
