import Clocks
import Glibc

/// Notifies the service manager of state changes, sd_notify(3), without libsystemd.
public struct ServiceNotifier: Sendable {
  /// The address in `NOTIFY_SOCKET`: a path, or `@` and an abstract name; nil without a service manager.
  private let address: String?

  /// The watchdog timeout of the service manager; nil without a watchdog. Call `watchdog()` at half of it.
  public let watchdogInterval: Duration?

  /// Whether there is a service manager to notify.
  public var isActive: Bool { address != nil }

  /// Creates a notifier from the variables of the service manager.
  ///
  /// - Parameters:
  ///   - socket: `NOTIFY_SOCKET`.
  ///   - watchdogMicroseconds: `WATCHDOG_USEC`.
  ///   - watchdogPID: `WATCHDOG_PID`: the process that the watchdog applies to; nil for any.
  public init(socket: String?, watchdogMicroseconds: String? = nil, watchdogPID: String? = nil) {
    address = socket.flatMap { NotificationSocket.isAddress($0) ? $0 : nil }
    let isMeant = watchdogPID.map { Int32($0) == getpid() } ?? true
    let interval = watchdogMicroseconds.flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil }
    watchdogInterval = isMeant ? interval.map { .microseconds($0) } : nil
  }

  /// Creates the notifier for this process. Removes the variables from the environment, so that child processes do not inherit
  /// them.
  ///
  /// Call it once, before other threads are started: unsetenv(3) is not thread-safe.
  public static func takeFromEnvironment() -> ServiceNotifier {
    func take(_ name: String) -> String? {
      defer { unsetenv(name) }
      return getenv(name).map { String(cString: $0) }
    }
    return ServiceNotifier(
      socket: take("NOTIFY_SOCKET"), watchdogMicroseconds: take("WATCHDOG_USEC"),
      watchdogPID: take("WATCHDOG_PID"))
  }

  /// Reports that the service has started.
  ///
  /// - Parameter status: As for `status`.
  /// - Returns: Whether the notification was sent; also true without a service manager. The same for all other methods.
  @discardableResult
  public func ready(status: String? = nil) -> Bool {
    send(["READY=1"] + lines(status))
  }

  /// Reports that the service reloads its configuration; `ready()` must follow.
  @discardableResult
  public func reloading() -> Bool {
    // Type=notify-reload matches this to its reload request by the time.
    send(["RELOADING=1", "MONOTONIC_USEC=\(MonotonicClock.now() / 1000)"])
  }

  /// Reports that the service is stopping.
  @discardableResult
  public func stopping() -> Bool {
    send(["STOPPING=1"])
  }

  /// Reports the status line for `systemctl status`.
  @discardableResult
  public func status(_ text: String) -> Bool {
    send(lines(text))
  }

  /// Resets the watchdog timer.
  @discardableResult
  public func watchdog() -> Bool {
    send(["WATCHDOG=1"])
  }

  /// Line breaks are replaced, as each line would be an assignment of its own.
  private func lines(_ status: String?) -> [String] {
    status.map { ["STATUS=" + $0.map { $0.isNewline ? " " : String($0) }.joined()] } ?? []
  }

  private func send(_ lines: [String]) -> Bool {
    guard let address else { return true }
    return NotificationSocket.send(lines.joined(separator: "\n"), to: address)
  }
}
