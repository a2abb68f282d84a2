import Clocks

/// A method call on the bus.
struct BusCall: Sendable, Equatable {
  /// The default timeout of a reply, the same as in libdbus and sd-bus.
  static let defaultTimeout = Duration.seconds(25)

  var destination: String
  var path: String
  var interface: String
  var member: String
  var arguments: [BusArgument]
  var timeout: Duration
  /// The purpose, worded to follow "cannot" in an error: `start nginx.service`.
  var purpose: String

  /// A method of org.freedesktop.systemd1.Manager, org.freedesktop.systemd1(5).
  static func manager(
    _ member: String, _ arguments: [BusArgument] = [], timeout: Duration = defaultTimeout,
    to purpose: String
  ) -> BusCall {
    BusCall(
      destination: "org.freedesktop.systemd1", path: "/org/freedesktop/systemd1",
      interface: "org.freedesktop.systemd1.Manager", member: member, arguments: arguments,
      timeout: timeout,
      purpose: purpose)
  }

  /// A property of org.freedesktop.systemd1.Manager.
  static func managerProperty(_ name: String, to purpose: String) -> BusCall {
    var call = manager("", to: purpose)
    call.interface = "org.freedesktop.DBus.Properties"
    call.member = "Get"
    call.arguments = [.string("org.freedesktop.systemd1.Manager"), .string(name)]
    return call
  }

  /// A query of the bus daemon for systemd's unique name.
  static var ownerOfSystemd: BusCall {
    BusCall(
      destination: SignalSource.bus, path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus",
      member: "GetNameOwner", arguments: [.string(SignalSource.systemd)], timeout: defaultTimeout,
      purpose: "listen to systemd")
  }

  /// A property of a unit; `interface` is the last part of org.freedesktop.systemd1.Unit or …Service.
  static func property(_ name: String, of interface: String, on unit: String, to purpose: String) -> BusCall {
    properties(
      "Get", [.string("org.freedesktop.systemd1.\(interface)"), .string(name)], on: unit, to: purpose)
  }

  /// All properties of a unit in one interface.
  static func allProperties(of interface: String, on unit: String, to purpose: String) -> BusCall {
    properties("GetAll", [.string("org.freedesktop.systemd1.\(interface)")], on: unit, to: purpose)
  }

  private static func properties(
    _ member: String, _ arguments: [BusArgument], on unit: String, to purpose: String
  ) -> BusCall {
    BusCall(
      destination: "org.freedesktop.systemd1", path: UnitPath.encode(unit),
      interface: "org.freedesktop.DBus.Properties", member: member, arguments: arguments,
      timeout: defaultTimeout, purpose: purpose)
  }

  /// When a call that is made at `now` times out; CLOCK_MONOTONIC in nanoseconds.
  func deadline(after now: UInt64) -> UInt64 {
    MonotonicClock.time(timeout, after: now)
  }
}
