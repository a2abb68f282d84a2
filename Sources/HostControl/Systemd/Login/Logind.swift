import Encoding
import Glibc
import Locks

/// systemd-logind, which reboots and powers off the machine, org.freedesktop.login1(5).
public final class Logind: Sendable {
  /// The effect of an inhibitor lock on a request.
  public enum InhibitorMode: String, Sendable {
    /// The request is refused.
    case block
    /// The request is delayed for some seconds (`InhibitDelayMaxSec`, logind.conf(5)).
    case delay
  }

  /// Equivalent to every other instance.
  public static let shared = Logind()

  /// Creates a client without side effects.
  public init() {}

  /// Reboots the machine. Returns when logind has accepted the request.
  ///
  /// - Throws: `SystemdError`: `refused` when an inhibitor lock or a missing permission prevents it.
  public func reboot() async throws(SystemdError) {
    try await goDown("Reboot", to: "reboot")
  }

  /// Powers the machine off. Returns when logind has accepted the request.
  ///
  /// - Throws: `SystemdError`: `refused` when an inhibitor lock or a missing permission prevents it.
  public func powerOff() async throws(SystemdError) {
    try await goDown("PowerOff", to: "power off")
  }

  /// The inhibitor locks that block a shutdown, as `who: why`.
  public func blockers() async throws(SystemdError) -> [String] {
    let locks = try await SystemBus.shared().call(.login("ListInhibitors", [], to: "list inhibitors")) {
      reader throws(BusReadFailure) in
      try reader.array(of: "(ssssuu)") { reader throws(BusReadFailure) in
        try reader.structure("ssssuu") { reader throws(BusReadFailure) in
          let lock = (
            what: try reader.string(), who: try reader.string(), why: try reader.string(),
            mode: try reader.string()
          )
          try reader.skip("uu")
          return lock
        }
      }
    }
    return locks.filter { $0.mode == "block" && $0.what.split(separator: ":").contains("shutdown") }
      .map { "\($0.who.prefix(bytes: 100)): \($0.why.prefix(bytes: 200))" }
  }

  /// logind ignores inhibitor locks for root, and those of root even with `SD_LOGIND_ROOT_CHECK_INHIBITORS` (1). They are
  /// checked here, as an update holds one for a reason.
  private func goDown(_ method: String, to purpose: String) async throws(SystemdError) {
    let blockers = try await blockers()
    guard blockers.isEmpty else { throw .blocked(purpose, by: blockers) }
    do {
      try await SystemBus.shared().call(.login("\(method)WithFlags", [.uint64(1)], to: purpose))
    } catch  where error.busName == "org.freedesktop.DBus.Error.UnknownMethod" {
      // Before systemd 246.
      try await SystemBus.shared().call(.login(method, [.bool(false)], to: purpose))
    }
  }

  /// Takes an inhibitor lock.
  ///
  /// - Parameters:
  ///   - what: `shutdown` (also reboot), `sleep`, or several joined by colons.
  ///   - who: The program, as systemd-inhibit(1) shows it.
  ///   - why: The reason, as systemd-inhibit(1) shows it.
  ///   - mode: The effect on requests.
  public func inhibit(
    _ what: String, who: String, why: String, mode: InhibitorMode
  ) async throws(SystemdError) -> Inhibitor {
    let call = BusCall.login(
      "Inhibit", [.string(what), .string(who), .string(why), .string(mode.rawValue)], to: "inhibit \(what)")
    return try await SystemBus.shared().call(call) { reader throws(BusReadFailure) in
      Inhibitor(descriptor: try reader.descriptor())
    }
  }
}

extension BusCall {
  fileprivate static func login(_ member: String, _ arguments: [BusArgument], to purpose: String) -> BusCall {
    BusCall(
      destination: "org.freedesktop.login1", path: "/org/freedesktop/login1",
      interface: "org.freedesktop.login1.Manager", member: member, arguments: arguments,
      timeout: defaultTimeout, purpose: purpose)
  }
}

/// An inhibitor lock of systemd-logind, which is held until it is released or deinitialised.
public final class Inhibitor: Sendable {
  private let descriptor: Locked<Int32>

  init(descriptor: Int32) {
    self.descriptor = Locked(descriptor)
  }

  deinit {
    release()
  }

  /// Releases the lock. Later calls have no effect.
  public func release() {
    let open = descriptor.withLock { descriptor in
      defer { descriptor = -1 }
      return descriptor
    }
    if open >= 0 { close(open) }
  }
}
