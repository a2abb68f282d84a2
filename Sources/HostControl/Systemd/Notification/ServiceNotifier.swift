import Glibc

/// Tells the service manager how this service is, sd_notify(3), without libsystemd.
public struct ServiceNotifier: Sendable {
  /// The address as in `NOTIFY_SOCKET`: a path, or a name that begins with `@`; nil when nobody wants to know.
  private let address: String?

  /// How often the manager wants `watchdog()` at least; nil when it does not. Half of that is a good interval.
  public let watchdogInterval: Duration?

  /// Whether anybody listens.
  public var isActive: Bool { address != nil }

  /// Creates a notifier from the variables that the manager has set.
  ///
  /// - Parameters:
  ///   - socket: `NOTIFY_SOCKET`.
  ///   - watchdogMicroseconds: `WATCHDOG_USEC`.
  ///   - watchdogPID: `WATCHDOG_PID`: the process that the watchdog is meant for; nil for any.
  public init(socket: String?, watchdogMicroseconds: String? = nil, watchdogPID: String? = nil) {
    address = socket.flatMap { NotificationSocket.isAddress($0) ? $0 : nil }
    let isMeant = watchdogPID.map { Int32($0) == getpid() } ?? true
    let interval = watchdogMicroseconds.flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil }
    watchdogInterval = isMeant ? interval.map { .microseconds($0) } : nil
  }

  /// The notifier for this process. Takes the variables out of the environment, so that no program inherits them.
  ///
  /// Call it once, before there are other threads: setenv(3) is not safe with them.
  public static func takeFromEnvironment() -> ServiceNotifier {
    func take(_ name: String) -> String? {
      defer { unsetenv(name) }
      return getenv(name).map { String(cString: $0) }
    }
    return ServiceNotifier(
      socket: take("NOTIFY_SOCKET"), watchdogMicroseconds: take("WATCHDOG_USEC"),
      watchdogPID: take("WATCHDOG_PID"))
  }

  /// The service has started.
  ///
  /// - Parameter status: As for `status`.
  /// - Returns: Whether it was told; also true when nobody wants to know. The same for all others.
  @discardableResult
  public func ready(status: String? = nil) -> Bool {
    send(["READY=1"] + lines(status))
  }

  /// The service reads its configuration again; `ready()` follows.
  @discardableResult
  public func reloading() -> Bool {
    // Type=notify-reload wants to know which request this answers.
    send(["RELOADING=1", "MONOTONIC_USEC=\(MonotonicClock.now() / 1000)"])
  }

  /// The service stops.
  @discardableResult
  public func stopping() -> Bool {
    send(["STOPPING=1"])
  }

  /// What the service does, in one line for `systemctl status`.
  @discardableResult
  public func status(_ text: String) -> Bool {
    send(lines(text))
  }

  /// The service is alive.
  @discardableResult
  public func watchdog() -> Bool {
    send(["WATCHDOG=1"])
  }

  /// One line, whatever the text has: a line of its own would be another message.
  private func lines(_ status: String?) -> [String] {
    status.map { ["STATUS=" + $0.map { $0.isNewline ? " " : String($0) }.joined()] } ?? []
  }

  private func send(_ lines: [String]) -> Bool {
    guard let address else { return true }
    return NotificationSocket.send(lines.joined(separator: "\n"), to: address)
  }
}
