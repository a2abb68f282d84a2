/// One call of a method on the bus.
struct BusCall: Sendable, Equatable {
  /// How long an answer may take where nothing else is said: what D-Bus clients give it as a rule.
  static let usualTimeLimit = Duration.seconds(25)

  var destination: String
  var path: String
  var interface: String
  var member: String
  var arguments: [BusArgument]
  var timeLimit: Duration
  /// What it is for, in words that follow "cannot": `start nginx.service`.
  var purpose: String

  /// A method of systemd itself, org.freedesktop.systemd1(5).
  static func manager(
    _ member: String, _ arguments: [BusArgument] = [], timeLimit: Duration = usualTimeLimit,
    to purpose: String
  ) -> BusCall {
    BusCall(
      destination: "org.freedesktop.systemd1", path: "/org/freedesktop/systemd1",
      interface: "org.freedesktop.systemd1.Manager", member: member, arguments: arguments,
      timeLimit: timeLimit,
      purpose: purpose)
  }

  /// One property of systemd itself.
  static func managerProperty(_ name: String, to purpose: String) -> BusCall {
    var call = manager("", to: purpose)
    call.interface = "org.freedesktop.DBus.Properties"
    call.member = "Get"
    call.arguments = [.string("org.freedesktop.systemd1.Manager"), .string(name)]
    return call
  }

  /// Asks the bus itself for systemd's unique name.
  static var ownerOfSystemd: BusCall {
    BusCall(
      destination: SignalSource.bus, path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus",
      member: "GetNameOwner", arguments: [.string(SignalSource.systemd)], timeLimit: usualTimeLimit,
      purpose: "listen to systemd")
  }

  /// One property of a unit; `interface` is the last part of org.freedesktop.systemd1.Unit or …Service.
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
      timeLimit: usualTimeLimit, purpose: purpose)
  }

  /// When its time is over, for a call that is made at `now`; CLOCK_MONOTONIC in nanoseconds.
  func deadline(after now: UInt64) -> UInt64 {
    MonotonicClock.time(timeLimit, after: now)
  }
}
