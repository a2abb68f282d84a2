import Testing

@testable import HostControl

@Suite("Bus messages")
struct BusValueTests {
  @Test(
    "Object paths of units are encoded and decoded",
    arguments: [
      ("nginx.service", "/org/freedesktop/systemd1/unit/nginx_2eservice"),
      ("getty@tty1.service", "/org/freedesktop/systemd1/unit/getty_40tty1_2eservice"),
      ("1a_b.service", "/org/freedesktop/systemd1/unit/_31a_5fb_2eservice"),
      (#"a\x2d.service"#, "/org/freedesktop/systemd1/unit/a_5cx2d_2eservice"),
      ("ü", "/org/freedesktop/systemd1/unit/_c3_bc"),
    ])
  func paths(_ unit: String, _ path: String) {
    #expect(UnitPath.encode(unit) == path)
    #expect(UnitPath.decode(path) == unit)
  }

  @Test(
    "Other object paths are not units",
    arguments: [
      "", "/", "/org/freedesktop/systemd1/unit/", "/org/freedesktop/systemd1/job/7",
      "/org/freedesktop/systemd1/unit/a_", "/org/freedesktop/systemd1/unit/a_2",
      "/org/freedesktop/systemd1/unit/a_zz",
    ])
  func noPaths(_ path: String) {
    #expect(UnitPath.decode(path) == nil)
  }

  @Test(
    "Values have D-Bus signatures",
    arguments: [
      (BusArgument.string("x"), "s"), (.bool(true), "b"), (.int32(1), "i"), (.uint64(1), "t"),
      (.descriptor(0), "h"), (.strings([]), "as"), (.property("a", .strings(["b"])), "(sv)"),
      (.array(of: "(sasb)", []), "a(sasb)"),
      (.structure([.string("a"), .array(of: "(sv)", []), .bool(false)]), "(sa(sv)b)"),
    ])
  func signatures(_ argument: BusArgument, _ signature: String) {
    #expect(argument.signature == signature)
  }

  @Test("Properties become a service")
  func service() {
    let unit = ServiceUnit(
      [
        "Id": .string("a.service"), "Description": .string("A"), "LoadState": .string("loaded"),
        "ActiveState": .string("active"), "SubState": .string("running"),
        "UnitFileState": .string("enabled-runtime"),
        "MainPID": .unsigned(42), "StateChangeTimestamp": .unsigned(1_700_000_000_999_999),
      ], name: "alias.service")
    #expect(
      unit
        == ServiceUnit(
          id: "a.service", description: "A", loadState: "loaded", activeState: "active", subState: "running",
          unitFileState: "enabled-runtime", mainPID: 42, since: 1_700_000_000))
    #expect(unit.isEnabled)
  }

  @Test("Zero and numbers out of range are nil")
  func absent() {
    let none = ServiceUnit(
      ["MainPID": .unsigned(0), "StateChangeTimestamp": .unsigned(0)], name: "a.service")
    #expect(none.mainPID == nil)
    #expect(none.since == nil)
    #expect(none.id == "a.service")
    #expect(!none.isEnabled)
    let absurd = ServiceUnit(
      ["MainPID": .unsigned(.max), "StateChangeTimestamp": .unsigned(.max)], name: "a")
    #expect(absurd.mainPID == nil)
    #expect(absurd.since == nil)
  }

  @Test(
    "Error replies map to codes",
    arguments: [
      ("org.freedesktop.systemd1.NoSuchUnit", SystemdError.Code.unitNotFound),
      ("org.freedesktop.systemd1.UnitMasked", .refused), ("org.freedesktop.systemd1.New", .refused),
      ("org.freedesktop.DBus.Error.AccessDenied", .refused),
      ("org.freedesktop.DBus.Error.NoReply", .timedOut),
      ("org.freedesktop.DBus.Error.ServiceUnknown", .unavailable),
      ("org.freedesktop.DBus.Error.Spawn.ChildExited", .unavailable),
      ("System.Error.ENOTCONN", .disconnected),
    ])
  func errors(_ name: String, _ code: SystemdError.Code) {
    let error = SystemdError.answer(name, "Something happened.", to: "start a.service")
    #expect(error.code == code)
    #expect(error.busName == name)
    #expect(error.description.hasPrefix("cannot start a.service: Something happened; "))
  }
}
