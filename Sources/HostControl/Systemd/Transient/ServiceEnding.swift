/// How a service ended.
public enum ServiceEnding: Sendable, Equatable {
  /// Its main process exited with this code. From 200 to 243 it may be systemd's own, systemd.exec(5): 203 is a program that
  /// could not be executed.
  case exited(Int32)
  /// Its main process was ended by this signal, also when that was asked for.
  case signalled(Int32)
  /// Something else ended it, in systemd's word: `timeout` (its time was over, or it would not stop), `oom-kill`, `watchdog`,
  /// `resources`, `protocol`; `success` when it never ran a process.
  case other(result: String)
}
